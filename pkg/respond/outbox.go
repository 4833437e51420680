package respond

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of the outbox.
const (
	maxOutbox    = 20_000 // rows that wait; over it whoever adds waits too
	maxOutgoing  = 1_000  // rows of one message
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// errStopped is why nothing is taken any more.
var errStopped = errors.New("the responder has stopped")

// outbox carries rows to the recorder in the order in which they came, many
// in one message, and tries again until it has them.
type outbox struct {
	recorder Recorder
	log      *slog.Logger

	mu      sync.Mutex
	rows    []outRow
	added   uint64 // rows ever added
	flushed uint64 // of those, how many the recorder has
	stopped bool
	changed chan struct{} // closed and replaced at every change
}

type outRow struct {
	table Table
	data  json.RawMessage
}

func newOutbox(r Recorder, log *slog.Logger) *outbox {
	return &outbox{recorder: r, log: log, changed: make(chan struct{})}
}

// signal wakes everybody who waits. The caller holds mu.
func (o *outbox) signal() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// add queues rows; it waits while the outbox is full.
func (o *outbox) add(ctx context.Context, rows []outRow) error {
	if len(rows) == 0 {
		return nil
	}
	return o.await(ctx, func() bool {
		if len(o.rows) >= maxOutbox {
			return false
		}
		o.rows = append(o.rows, rows...)
		o.added += uint64(len(rows))
		o.signal()
		return true
	})
}

// position is behind all rows that were added.
func (o *outbox) position() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.added
}

// flush waits until the recorder has all rows before a position.
func (o *outbox) flush(ctx context.Context, position uint64) error {
	return o.await(ctx, func() bool { return o.flushed >= position })
}

// await waits until done, which is called with mu held.
func (o *outbox) await(ctx context.Context, done func() bool) error {
	o.mu.Lock()
	for {
		if o.stopped {
			o.mu.Unlock()
			return errStopped
		}
		if done() {
			o.mu.Unlock()
			return nil
		}
		changed := o.changed
		o.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
		o.mu.Lock()
	}
}

// run sends until ctx ends.
func (o *outbox) run(ctx context.Context) {
	defer o.stop()
	for {
		var batch []outRow
		if o.await(ctx, func() bool { batch = o.batch(); return len(batch) > 0 }) != nil {
			return
		}
		if o.send(ctx, batch) != nil {
			return
		}
		o.mu.Lock()
		o.rows = o.rows[len(batch):]
		o.flushed += uint64(len(batch))
		o.signal()
		o.mu.Unlock()
	}
}

func (o *outbox) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopped = true
	o.signal()
}

// batch is the rows at the front that are of one table.
func (o *outbox) batch() []outRow {
	n := 0
	for n < len(o.rows) && n < maxOutgoing && o.rows[n].table == o.rows[0].table {
		n++
	}
	return o.rows[:n]
}

// send tries until the recorder has the rows or ctx ends. The id is made of
// the rows, so that the same rows are the same message.
func (o *outbox) send(ctx context.Context, batch []outRow) error {
	rows, parts := make([]any, len(batch)), make([]string, len(batch))
	for i := range batch {
		rows[i], parts[i] = batch[i].data, string(batch[i].data)
	}
	id := finding.NewID(parts...)
	return retry(ctx, o.log, "record "+string(batch[0].table), func() error {
		return o.recorder.Record(ctx, batch[0].table, id, rows...)
	})
}

// retry calls f until it succeeds or ctx ends, ever more slowly. The first
// failure and the recovery are logged.
func retry(ctx context.Context, log *slog.Logger, what string, f func() error) error {
	backoff, failed := firstBackoff, false
	for {
		err := f()
		if err == nil {
			if failed {
				log.Info("it works again", "operation", what)
			}
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		if !failed {
			log.Warn("trying again until it works", "operation", what, "error", err)
			failed = true
		}
		if err := pause(ctx, backoff); err != nil {
			return err
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
