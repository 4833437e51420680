package store

import (
	"context"
	"sync"
	"time"
)

// Times of coalescing: a first message waits a little for company, and inserts
// that are not full keep a distance, because a small one costs as much as one
// of thousands of rows.
const (
	lingerFirst = 20 * time.Millisecond
	lingerNext  = 200 * time.Millisecond
)

// load is a run of messages that are inserted together.
type load[M any] struct {
	after, to uint64 // sequences: all messages after one up to the other
	messages  int
	since     time.Time // when its first message came
	cargo     cargo[M]
}

// assembler makes loads of messages: one goroutine adds, another one takes,
// and while the taker sends one load, the next is filled.
type assembler[M any] struct {
	plan    progress
	full    chan *load[M] // handed over by the adder
	spare   chan *load[M] // sent, to be filled again
	arrived chan struct{} // there is something in open

	mu   sync.Mutex
	open *load[M] // nil while the adder hands it over
	last uint64   // sequence added last
}

func newAssembler[M any](plan progress, newCargo func() cargo[M]) *assembler[M] {
	a := &assembler[M]{
		plan: plan, last: plan.Done,
		full: make(chan *load[M]), spare: make(chan *load[M], 2), arrived: make(chan struct{}, 1),
	}
	a.spare <- &load[M]{cargo: newCargo()}
	a.spare <- &load[M]{cargo: newCargo()}
	return a
}

// add puts a message into the open load; when that takes no more, it waits
// until the taker has it.
func (a *assembler[M]) add(ctx context.Context, seq uint64, m M) error {
	if closed := a.detach(func(l *load[M]) bool { return !a.joins(l, seq, m) }); closed != nil {
		if err := a.hand(ctx, closed); err != nil {
			return err
		}
	}
	if err := a.put(ctx, seq, m); err != nil {
		return err
	}
	if closed := a.detach(func(l *load[M]) bool { return a.plan.complete(l.to) }); closed != nil {
		return a.hand(ctx, closed)
	}
	return nil
}

func (a *assembler[M]) joins(l *load[M], seq uint64, m M) bool {
	if a.plan.group(l.to) != a.plan.group(seq) {
		return false
	}
	return !a.plan.open(seq) || l.cargo.fits(m)
}

func (a *assembler[M]) put(ctx context.Context, seq uint64, m M) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		// Two loads exist and the taker gives back the one that it is done
		// with before it asks for another, so this does not wait for long.
		next, err := receive(ctx, a.spare)
		if err != nil {
			return err
		}
		next.after, next.messages, next.since = a.last, 0, time.Now()
		a.open = next
	}
	a.open.cargo.add(m)
	a.open.to, a.last = seq, seq
	a.open.messages++
	signal(a.arrived)
	return nil
}

// detach takes the open load out if it meets a condition.
func (a *assembler[M]) detach(when func(*load[M]) bool) *load[M] {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil || !when(a.open) {
		return nil
	}
	closed := a.open
	a.open = nil
	return closed
}

func (a *assembler[M]) hand(ctx context.Context, l *load[M]) error {
	select {
	case a.full <- l:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// next waits for a load: a full one, or the open one once it has waited long
// enough and the insert before, which ended at a time, is long enough ago.
func (a *assembler[M]) next(ctx context.Context, before time.Time) (*load[M], error) {
	for {
		ripe := a.detach(func(l *load[M]) bool { return a.plan.open(l.to) && time.Until(ripeAt(l, before)) <= 0 })
		if ripe != nil {
			return ripe, nil
		}
		if l, err := a.wait(ctx, before); l != nil || err != nil {
			return l, err
		}
	}
}

func ripeAt[M any](l *load[M], before time.Time) time.Time {
	at := l.since.Add(lingerFirst)
	if next := before.Add(lingerNext); next.After(at) {
		return next
	}
	return at
}

// wait waits for a full load, or until it is worth looking at the open one.
func (a *assembler[M]) wait(ctx context.Context, before time.Time) (*load[M], error) {
	var ripe <-chan time.Time
	if d, ok := a.ripensIn(before); ok {
		t := time.NewTimer(d)
		defer t.Stop()
		ripe = t.C
	}
	select {
	case l := <-a.full:
		return l, nil
	case <-a.arrived:
		return nil, nil
	case <-ripe:
		return nil, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (a *assembler[M]) ripensIn(before time.Time) (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil || !a.plan.open(a.open.to) {
		return 0, false
	}
	return time.Until(ripeAt(a.open, before)), true
}

// idle tells whether no message waits.
func (a *assembler[M]) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open == nil
}

// recycle gives a load back to be filled again.
func (a *assembler[M]) recycle(l *load[M]) {
	l.cargo.reset()
	a.spare <- l
}

func receive[T any](ctx context.Context, from <-chan T) (v T, err error) {
	select {
	case v = <-from:
		return v, nil
	case <-ctx.Done():
		return v, context.Cause(ctx)
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
