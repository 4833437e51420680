package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Bounds of one batch.
const (
	batchRecords = 2048
	batchBytes   = 1 << 20
)

// NotConfigured is the reason of records whose source this host does not have
// any more.
const NotConfigured = "source is not configured any more"

// round carries out one order.
type round struct {
	order   block.RetryOrder
	spool   *Spool
	bus     ingest.Publisher
	sources map[string]ingest.Source
	log     *slog.Logger
	tell    func(context.Context, block.RetryResult)

	mask   func(*event.Batch) // of the source at hand; nil = nothing is masked
	lanes  map[string]*lane
	result block.RetryResult
	batch  event.Batch
	limit  int // records in a batch
}

// run tries every record that the order is for once. What it has settled
// stays so when it fails.
func (r *round) run(ctx context.Context) (block.RetryResult, error) {
	r.lanes, r.result = map[string]*lane{}, block.RetryResult{Number: r.order.Number, Reasons: map[string]int{}}
	for _, id := range r.spool.filesOf(r.order.Source) {
		if err := r.file(ctx, id); err != nil {
			return r.result, fmt.Errorf("read quarantined records again: %w", err)
		}
	}
	r.count()
	return r.result, nil
}

// count sums up: what was settled before a kill counts too.
func (r *round) count() {
	r.result.Parsed = r.spool.state.Under.Parsed
	r.result.Tried = r.result.Parsed + r.result.Failed
}

func (r *round) file(ctx context.Context, id string) error {
	c, ok := r.spool.choose(id, r.order.Reason)
	if !ok {
		return nil
	}
	source, known := r.sources[c.about.Source]
	if !known {
		r.fail(NotConfigured, len(c.records))
		return nil
	}
	l, err := r.lane(ctx, source.Name)
	if err != nil {
		return err
	}
	// What came true meanwhile has left the spool.
	if c, ok = r.spool.choose(id, r.order.Reason); !ok {
		return nil
	}
	if err := r.confirm(ctx, &c); err != nil {
		return err
	}
	r.mask = source.Mask
	parser, err := newParser(source.Log, c.about.Beginning)
	if err != nil {
		return err
	}
	return r.records(ctx, l, &c, parser)
}

func (r *round) lane(ctx context.Context, source string) (*lane, error) {
	if l := r.lanes[source]; l != nil {
		return l, nil
	}
	l, err := newLane(ctx, r.spool, r.bus, source, r.log)
	if err == nil {
		r.lanes[source] = l
	}
	return l, err
}

// confirm leaves out records that the bus does not have as quarantined yet:
// whoever ships the file may still read them as something else.
func (r *round) confirm(ctx context.Context, c *chosen) error {
	if last := len(c.records) - 1; c.records[last].offset >= c.acked {
		mark, err := lastOf(ctx, r.bus, c.about.Source, c.id, r.log)
		if err != nil {
			return err
		}
		c.acked = max(c.acked, mark.End.Offset)
		r.spool.confirm(c.id, c.acked)
	}
	n := 0
	for n < len(c.records) && c.records[n].offset < c.acked {
		n++
	}
	c.records = c.records[:n]
	return nil
}

// records reads the records of one file, batch by batch.
func (r *round) records(ctx context.Context, l *lane, c *chosen, p *parser) error {
	r.limit = batchRecords
	for at := 0; at < len(c.records); {
		r.count()
		r.tell(ctx, r.result)
		read, failed, err := r.one(ctx, l, c, c.records[at:], p)
		switch {
		case errors.Is(err, errTooLarge) && read > 1:
			r.limit = (read + 1) / 2
		case errors.Is(err, errTooLarge):
			r.fail(string(accesslog.TooLargeForBus), 1)
			at++
		case errors.Is(err, errStale):
			c.records = r.still(c, at)
			at = 0
		case err != nil:
			return err
		default:
			for reason, n := range failed {
				r.fail(reason, n)
			}
			at += read
		}
	}
	return nil
}

// still gives those of the records that are left which nothing has settled
// meanwhile.
func (r *round) still(c *chosen, at int) []record {
	now, _ := r.spool.choose(c.id, r.order.Reason)
	have := map[int64]bool{}
	for i := range now.records {
		have[now.records[i].offset] = true
	}
	return slices.DeleteFunc(c.records[at:], func(rec record) bool { return !have[rec.offset] })
}

// one reads a batch of records and publishes what there is to tell of them.
func (r *round) one(ctx context.Context, l *lane, c *chosen, records []record, p *parser) (read int, failed map[string]int, err error) {
	b := &r.batch
	b.Reset()
	b.Header = event.Header{
		Source: c.about.Source, Gateway: c.about.Gateway, Kind: c.about.Kind, Direction: c.about.Direction,
		File: c.id, Path: c.about.Path, Received: time.Now().UnixNano(),
	}
	plan, failed, size := plan{File: c.id}, map[string]int{}, 0
	for ; read < min(len(records), r.limit) && size < batchBytes; read++ {
		rec := &records[read]
		raw, err := r.spool.raw(rec)
		if err != nil {
			continue // it had to go
		}
		size += len(raw)
		if err := r.try(raw, rec, p, &plan, failed); err != nil {
			return read, failed, err
		}
	}
	if len(plan.Settled)+len(plan.Changed) == 0 {
		return read, failed, nil
	}
	if r.mask != nil {
		r.mask(b)
	}
	return read, failed, l.publish(ctx, b, plan)
}

// try reads one record and notes what became of it.
func (r *round) try(raw []byte, rec *record, p *parser, to *plan, failed map[string]int) error {
	b := &r.batch
	rows := b.Rows()
	got, err := p.read(raw, rec, b)
	if err != nil {
		return err
	}
	at := event.Position{Offset: rec.offset, Line: rec.line}
	if !got.settled {
		failed[got.reason]++
		if got.reason != rec.reason {
			to.Changed = append(to.Changed, change{rec.offset, got.reason})
			b.Reject(at, rec.length, got.reason, raw)
		}
		return nil
	}
	to.Settled = append(to.Settled, rec.offset)
	if b.Rows() == rows {
		b.Reject(at, rec.length, "", nil) // no request in it: nothing but its end is told
	}
	return nil
}

func (r *round) fail(reason string, n int) {
	r.result.Failed += n
	r.result.Reasons[reason] += n
}
