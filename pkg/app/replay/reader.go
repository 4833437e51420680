package replay

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// reader parses one file a few batches ahead of the player.
type reader struct {
	path   string
	file   string // identity: it has to be stable over replays, so it is made of the path
	parsed chan *event.Batch
	free   chan *event.Batch
	format string // valid once parsed is closed
}

// ahead is how many batches are parsed before they are played.
const ahead = 3

func newReader(path string, index int) *reader {
	r := &reader{
		path: path, file: event.FileID("replay", 0, uint64(index), 0, []byte(path)),
		parsed: make(chan *event.Batch, ahead), free: make(chan *event.Batch, ahead+1),
	}
	for range ahead + 1 {
		r.free <- &event.Batch{}
	}
	return r
}

func (r *reader) run(ctx context.Context, o Options) error {
	defer close(r.parsed)
	f, err := os.Open(r.path)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	var in io.Reader = f
	if o.Progress != nil {
		in = &meter{f, o.Progress}
	}
	in, done, err := decompress(in)
	if err != nil {
		return fmt.Errorf("replay %s: %w", r.path, err)
	}
	defer done()
	head := event.Header{Source: "replay", Gateway: "replay", Kind: o.Kind, File: r.file, Path: r.path}
	return ingest.ReadAll(in, head, o.Log, func(b *event.Batch) error { return r.pass(ctx, b) })
}

// pass gives a batch to the player and takes an empty one in its place.
func (r *reader) pass(ctx context.Context, b *event.Batch) error {
	r.format = b.Format
	select {
	case empty := <-r.free:
		*empty, *b = *b, *empty
		r.parsed <- empty // there is a place for each batch
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// decompress looks at the first bytes: a rotated log may have any name.
func decompress(in io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(in, 256<<10)
	magic, _ := buffered.Peek(4) // a shorter file is not compressed
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return buffered, func() {}, nil
}

type meter struct {
	r    io.Reader
	read func(int)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.read(n)
	return n, err
}

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
