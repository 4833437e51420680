package quarantine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Desk is where orders come from and results go to.
type Desk interface {
	// Orders lists the orders for this host above a number, lowest first. An
	// error means that the desk is away.
	Orders(ctx context.Context, after uint64) ([]block.RetryOrder, error)
	// Retried takes a result. One that is not done may be lost; for one that
	// is, nil means that it is kept.
	Retried(ctx context.Context, r block.RetryResult) error
}

// RetrierOptions say what a Retrier needs.
type RetrierOptions struct {
	Spool *Spool
	Bus   ingest.Publisher
	Desk  Desk
	// Sources are this host's, with the parsers and masks that hold now.
	Sources []ingest.Source
	Log     *slog.Logger
}

// Retrier carries out orders on one host, one after the other.
type Retrier struct {
	opts    RetrierOptions
	sources atomic.Pointer[map[string]ingest.Source]
	wake    chan struct{}
	heard   atomic.Uint64
	done    atomic.Uint64

	toldAt time.Time // of Run alone

	mu      sync.Mutex
	settled RetryStats
}

// RetryStats are counters since the start.
type RetryStats struct{ Parsed, Failed uint64 }

const (
	// lookAgain is how often orders are asked for although none was heard of.
	lookAgain = 30 * time.Second
	// firstWait is the pause after a failure, which doubles up to lookAgain.
	firstWait = time.Second
	// tellEvery is how often it is told how far a retry is.
	tellEvery = time.Second
	// deskTimeout bounds one question to the desk.
	deskTimeout = 15 * time.Second
)

// NewRetrier makes a retrier.
func NewRetrier(o RetrierOptions) *Retrier {
	r := &Retrier{opts: o, wake: make(chan struct{}, 1)}
	r.SetSources(o.Sources)
	r.done.Store(o.Spool.state.Done)
	return r
}

// SetSources replaces the parsers and masks, from the next order on.
func (r *Retrier) SetSources(sources []ingest.Source) {
	byName := make(map[string]ingest.Source, len(sources))
	for _, s := range sources {
		byName[s.Name] = s
	}
	r.sources.Store(&byName)
}

// Heard notes the number of the last order that there is. It does not wait.
func (r *Retrier) Heard(last uint64) {
	if last <= r.done.Load() || r.heard.Swap(last) == last {
		return
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Stats gives the counters. It may be called at any time.
func (r *Retrier) Stats() RetryStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settled
}

// Run carries out orders until ctx ends. Only one Retrier may run on a spool.
func (r *Retrier) Run(ctx context.Context) error {
	wait := firstWait
	for {
		next := lookAgain
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			if wait == firstWait {
				r.opts.Log.Warn("the quarantine is not looked after, it is tried again", "error", err)
			}
			next, wait = wait, min(2*wait, lookAgain)
		} else {
			wait = firstWait
		}
		if !r.await(ctx, next) {
			return nil
		}
	}
}

// await waits for an order, or for some time; it tells whether ctx goes on.
func (r *Retrier) await(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.wake:
	case <-timer.C:
	}
	return true
}

// look does all that there is to do now.
func (r *Retrier) look(ctx context.Context) error {
	if err := r.confirm(ctx); err != nil {
		return err
	}
	for {
		if err := r.deliver(ctx); err != nil {
			return err
		}
		orders, err := r.orders(ctx)
		if err != nil || len(orders) == 0 {
			return err
		}
		if err := r.carryOut(ctx, orders[0]); err != nil {
			return err
		}
	}
}

// confirm asks the bus about records of which it is not known whether it has
// them: it forgets the files that nobody writes to.
func (r *Retrier) confirm(ctx context.Context) error {
	for id, source := range r.opts.Spool.unconfirmed() {
		mark, err := r.opts.Bus.Last(ctx, source, id)
		if err != nil {
			return err
		}
		r.opts.Spool.confirm(id, mark.End.Offset)
	}
	return nil
}

func (r *Retrier) orders(ctx context.Context) ([]block.RetryOrder, error) {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	return r.opts.Desk.Orders(ctx, r.opts.Spool.state.Done)
}

// deliver tells the last result, if the desk does not have it yet.
func (r *Retrier) deliver(ctx context.Context) error {
	st := &r.opts.Spool.state
	if st.Told == nil {
		return nil
	}
	sending, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	if err := r.opts.Desk.Retried(sending, *st.Told); err != nil {
		return err
	}
	st.Told = nil
	return st.save()
}

func (r *Retrier) carryOut(ctx context.Context, o block.RetryOrder) error {
	st := &r.opts.Spool.state
	if st.Under == nil || st.Under.Number != o.Number {
		st.Under = &underWay{Number: o.Number}
	}
	before := st.Under.Parsed
	round := round{
		order: o, spool: r.opts.Spool, bus: r.opts.Bus, sources: *r.sources.Load(),
		log: r.opts.Log, tell: r.progress,
	}
	result, err := round.run(ctx)
	r.countUp(st.Under.Parsed-before, result.Failed)
	if err != nil {
		return err
	}
	result.Done = true
	st.Done, st.Under, st.Told = o.Number, nil, &result
	r.done.Store(o.Number)
	r.opts.Log.Info("quarantined records were read again", "order", o.Number, "tried", result.Tried, "parsed", result.Parsed, "failed", result.Failed)
	return st.save()
}

func (r *Retrier) countUp(parsed, failed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled.Parsed += uint64(parsed)
	r.settled.Failed += uint64(failed)
}

// progress tells how far a retry is, not too often. It may be lost.
func (r *Retrier) progress(ctx context.Context, result block.RetryResult) {
	if time.Since(r.toldAt) < tellEvery {
		return
	}
	r.toldAt = time.Now()
	ctx, cancel := context.WithTimeout(ctx, tellEvery)
	defer cancel()
	if err := r.opts.Desk.Retried(ctx, result); err != nil {
		r.opts.Log.Debug("the progress of a retry was lost", "error", err)
	}
}
