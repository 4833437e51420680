package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// feed writes one stream of the bus into the store.
type feed[M any] struct {
	name     string
	source   Source[M]
	ledger   ledger
	newCargo func() cargo[M]
	dead     DeadLetter
	retry    retrier
	store    *Store
	done     atomic.Uint64
}

// refused is the error of a load whose content the store refuses. What was
// stored of it before stands.
type refused struct {
	table  string
	stored []string // tables that have their rows
	cause  error
}

func (r *refused) Error() string { return fmt.Sprintf("table %s refuses rows: %v", r.table, r.cause) }
func (r *refused) Unwrap() error { return r.cause }

// run writes until ctx ends. What goes wrong meanwhile is tried again.
func (f *feed[M]) run(ctx context.Context) {
	var plan progress
	load := func(ctx context.Context) (err error) { plan, err = f.ledger.load(ctx); return err }
	if f.retry.do(ctx, "load progress", load) != nil {
		return
	}
	for ctx.Err() == nil {
		f.done.Store(plan.Done)
		plan = f.session(ctx, plan)
	}
}

// session consumes and inserts by a plan, and returns when another plan is
// needed.
func (f *feed[M]) session(ctx context.Context, plan progress) progress {
	ctx, cancel := context.WithCancel(ctx)
	a := newAssembler(plan, f.newCargo)
	var consumer sync.WaitGroup
	defer consumer.Wait()
	defer cancel()
	consumer.Go(func() { f.consume(ctx, a) })
	return f.ship(ctx, a, plan)
}

// consume fills the assembler. A source that fails is asked again; it works
// once it gives a message.
func (f *feed[M]) consume(ctx context.Context, a *assembler[M]) {
	t := trouble{retrier: &f.retry, what: "consume"}
	defer t.leave()
	after := a.plan.Done
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := f.source.Consume(ctx, after, func(seq uint64, m M) error {
			t.over(ctx)
			wait = firstWait
			if err := a.add(ctx, seq, m); err != nil {
				return err
			}
			after = seq
			return nil
		})
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the stream ended")
		}
		t.begin(ctx, err)
		if pause(ctx, wait/2+rand.N(wait)) != nil {
			return
		}
	}
}

// ship inserts what the assembler gives, until ctx ends or a load is refused.
func (f *feed[M]) ship(ctx context.Context, a *assembler[M], p progress) progress {
	var before time.Time
	for {
		l, err := a.next(ctx, before)
		if err != nil {
			return p
		}
		p, err = f.deliver(ctx, p, l)
		if err != nil {
			return p
		}
		before = time.Now()
		a.recycle(l)
		if a.idle() && f.retry.do(ctx, "save progress", f.saving(p)) != nil {
			return p
		}
	}
}

func (f *feed[M]) saving(p progress) func(context.Context) error {
	return func(ctx context.Context) error { return f.ledger.save(ctx, p) }
}

// deliver stores one load: its range is saved, then its inserts are sent. The
// progress returned is the one after it. An error says that the session ends:
// with ctx, or because the plan changed.
func (f *feed[M]) deliver(ctx context.Context, p progress, l *load[M]) (progress, error) {
	p.Until = l.to
	if err := f.retry.do(ctx, "save progress", f.saving(p)); err != nil {
		return p, err
	}
	err := f.insert(ctx, p, l)
	var no *refused
	switch {
	case errors.As(err, &no) && l.messages > 1:
		return f.isolate(ctx, p, l, no)
	case errors.As(err, &no):
		if err := f.bury(ctx, l.to, no); err != nil {
			return p, err
		}
	case err != nil:
		return p, err
	}
	return f.advance(p, l.to), nil
}

// advance is the progress once all up to a sequence is stored.
func (f *feed[M]) advance(p progress, to uint64) progress {
	p.Done, p.Until = to, 0
	if p.Singles <= to {
		p.Singles, p.Skip = 0, nil
	}
	f.done.Store(to)
	f.store.metrics.position.WithLabelValues(f.name).Set(float64(to))
	return p
}

// insert sends all inserts of a load.
func (f *feed[M]) insert(ctx context.Context, p progress, l *load[M]) error {
	var stored []string
	for _, ins := range l.cargo.inserts() {
		if l.to <= p.Singles && slices.Contains(p.Skip, ins.table) {
			continue
		}
		token := fmt.Sprintf("%s/%s/%d-%d/%s", p.Epoch, f.name, l.after, l.to, ins.table)
		send := func(ctx context.Context) error { return f.store.insert(ctx, ins, token) }
		if err := f.retry.do(ctx, "insert into "+ins.table, send); err != nil {
			if isDataFault(err) || ins.fault != nil {
				return &refused{table: ins.table, stored: stored, cause: err}
			}
			return err
		}
		stored = append(stored, ins.table)
	}
	return nil
}

// errReplan ends a session whose plan has changed.
var errReplan = errors.New("messages are inserted one by one")

// isolate plans the messages of a refused load one by one, so that only the
// one at fault is put aside. Tables that have their rows are skipped.
func (f *feed[M]) isolate(ctx context.Context, p progress, l *load[M], no *refused) (progress, error) {
	f.store.log.WarnContext(ctx, "store: an insert is refused for its content, looking for the message at fault",
		slog.String("stream", f.name), slog.Uint64("after", l.after), slog.Uint64("to", l.to),
		slog.String("table", no.table), slog.Any("error", no.cause))
	p.Until, p.Singles, p.Skip = 0, l.to, no.stored
	if err := f.retry.do(ctx, "save progress", f.saving(p)); err != nil {
		return p, err
	}
	return p, errReplan
}

// bury puts a refused message aside.
func (f *feed[M]) bury(ctx context.Context, seq uint64, no *refused) error {
	err := f.retry.do(ctx, "put message aside", func(ctx context.Context) error { return f.dead(ctx, seq, no.Error()) })
	if err != nil {
		return err
	}
	f.store.metrics.buried.WithLabelValues(f.name).Inc()
	f.store.log.ErrorContext(ctx, "store: put a message aside that the store refuses for its content",
		slog.String("stream", f.name), slog.Uint64("sequence", seq), slog.Any("error", no))
	return nil
}
