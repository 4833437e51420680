package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// lane publishes what is read again of one source. Every batch is planned on
// disk before it is published, under a number that no other plan of the lane
// has, at which the batch ends; the bus tells the number of the last batch that
// it has. So after a kill it is known which plans came true, and each record
// is published once.
//
// A plan that was not on the bus when it was asked may still be on its way. It
// stays pending until a later batch of the lane is acknowledged: both are
// fenced with the same message, so that only one of them can be stored.
type lane struct {
	id     string
	source string
	bus    ingest.Publisher
	spool  *Spool
	plans  *plans
	log    *slog.Logger
	after  uint64 // sequence of the lane's last message
}

// Reasons to plan anew.
var (
	errTooLarge = errors.New("the batch is too large for one message")
	errStale    = errors.New("a batch of before has come true meanwhile")
)

// newLane finds out how far a source's lane is.
func newLane(ctx context.Context, s *Spool, bus ingest.Publisher, source string, log *slog.Logger) (*lane, error) {
	l := &lane{
		id: event.FileID(source, 0, 0, 0, []byte(s.state.Spool)), source: source,
		bus: bus, spool: s, plans: s.state.lane(source), log: log,
	}
	_, err := l.settle(ctx)
	return l, err
}

// settle asks the bus for the lane's last batch, until it answers, and takes
// over the plan that it was, if that was pending: came gives its number.
func (l *lane) settle(ctx context.Context) (came uint64, err error) {
	mark, err := lastOf(ctx, l.bus, l.source, l.id, l.log)
	if err != nil {
		return 0, err
	}
	l.after = mark.Sequence
	number := uint64(mark.End.Offset)
	l.plans.Last = max(l.plans.Last, number)
	if slices.ContainsFunc(l.plans.Pending, func(p plan) bool { return p.Number == number }) {
		return number, l.done(number)
	}
	return 0, nil
}

// publish puts b on the bus by a plan, however long that takes. The error is
// that of ctx, of the disk, errTooLarge or errStale; then nothing of the plan
// came true.
func (l *lane) publish(ctx context.Context, b *event.Batch, p plan) error {
	l.plans.Last++
	p.Number = l.plans.Last
	b.Lane, b.Start, b.End = l.id, int64(p.Number)-1, int64(p.Number)
	l.plans.Pending = append(l.plans.Pending, p)
	if err := l.spool.state.save(); err != nil {
		l.drop(p.Number)
		return err
	}
	wait := pause{log: l.log}
	for {
		sequence, err := l.bus.Publish(ctx, b, l.after)
		switch {
		case err == nil:
			l.after = sequence
			return l.done(p.Number)
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ingest.ErrTooLarge):
			l.drop(p.Number)
			return errTooLarge
		}
		if err := wait.after(ctx, "what was read again cannot be published, it is tried again", err); err != nil {
			return err
		}
		switch came, err := l.settle(ctx); {
		case err != nil:
			return err
		case came == p.Number:
			return nil
		case came != 0:
			return errStale
		}
	}
}

// done takes over a plan that came true. No other one can any more.
func (l *lane) done(number uint64) error {
	for i := range l.plans.Pending {
		p := &l.plans.Pending[i]
		if p.Number != number {
			continue
		}
		l.spool.carry(p)
		if under := l.spool.state.Under; under != nil {
			under.Parsed += len(p.Settled)
		}
	}
	l.plans.Pending = nil
	return l.spool.state.save()
}

// drop takes back a plan that was never published.
func (l *lane) drop(number uint64) {
	l.plans.Pending = slices.DeleteFunc(l.plans.Pending, func(p plan) bool { return p.Number == number })
}

// lastOf asks the bus how far it has a file or lane, until it answers.
func lastOf(ctx context.Context, bus ingest.Publisher, source, file string, log *slog.Logger) (ingest.Mark, error) {
	wait := pause{log: log}
	for {
		mark, err := bus.Last(ctx, source, file)
		if err == nil {
			return mark, nil
		}
		if err := wait.after(ctx, "the bus does not tell how far it has what was quarantined, it is asked again", err); err != nil {
			return mark, err
		}
	}
}

const (
	leastPause = 50 * time.Millisecond
	mostPause  = 5 * time.Second
)

// pause doubles from one failure to the next, and logs the first one.
type pause struct {
	log  *slog.Logger
	next time.Duration
}

// after waits; it returns an error when ctx is over.
func (p *pause) after(ctx context.Context, message string, cause error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w (last: %w)", ctx.Err(), cause)
	}
	if p.next == 0 {
		p.log.Warn(message, "error", cause)
	}
	p.next = min(max(2*p.next, leastPause), mostPause)
	timer := time.NewTimer(p.next)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
