package replay

import (
	"context"
	"math"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// run is consecutive rows of one file.
type run struct {
	batch    *event.Batch
	from, to int
}

// merger orders the rows of several files by time. Rows of one file stay in
// their order.
type merger struct {
	readers []*reader
	heads   []head
	last    int // the reader whose rows were played last, -1 at the start
}

type head struct {
	batch *event.Batch // nil: the file is at its end
	row   int
}

// next gives the longest run that no row of another file has to come before;
// its batch is nil at the end of all files. The run is valid until next is
// called again.
func (m *merger) next(ctx context.Context) (run, error) {
	if m.heads == nil {
		m.heads = make([]head, len(m.readers))
		for i := range m.readers {
			if err := m.advance(ctx, i); err != nil {
				return run{}, err
			}
		}
	} else if h := &m.heads[m.last]; h.batch != nil && h.row >= h.batch.Rows() {
		if err := m.advance(ctx, m.last); err != nil {
			return run{}, err
		}
	}
	first, limit := m.earliest()
	if first < 0 {
		return run{}, nil
	}
	m.last = first
	h := &m.heads[first]
	r := run{batch: h.batch, from: h.row, to: h.row}
	for r.to < h.batch.Rows() && (r.to == r.from || h.batch.Number(event.Time, r.to) <= limit) {
		r.to++
	}
	h.row = r.to
	return r, nil
}

// earliest gives the reader with the earliest next row, and the time of the
// earliest next row of all others.
func (m *merger) earliest() (first int, limit int64) {
	first, limit = -1, math.MaxInt64
	at := int64(math.MaxInt64)
	for i := range m.heads {
		if m.heads[i].batch == nil {
			continue
		}
		t := m.heads[i].time()
		switch {
		case first < 0:
			first, at = i, t
		case t < at:
			first, at, limit = i, t, at
		default:
			limit = min(limit, t)
		}
	}
	return first, limit
}

// time of the next row; a batch that holds nothing but rejected lines has no
// rows and comes at once.
func (h head) time() int64 {
	if h.row >= h.batch.Rows() {
		return math.MinInt64
	}
	return h.batch.Number(event.Time, h.row)
}

// advance frees the reader's batch and waits for the next one.
func (m *merger) advance(ctx context.Context, i int) error {
	if b := m.heads[i].batch; b != nil {
		m.readers[i].free <- b
	}
	select {
	case b := <-m.readers[i].parsed: // nil when it is closed
		m.heads[i] = head{batch: b}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
