package respond

import (
	"context"
	"sync"
)

// gate lets any number of steps go on beside each other, and a checkpoint
// only when none does. A checkpoint that waits keeps new steps waiting, so it
// cannot be put off for ever. Unlike a lock, waiting ends with its context.
type gate struct {
	mu      sync.Mutex
	steps   int
	shut    bool
	changed chan struct{} // closed and replaced at every change
}

// newGate makes a gate that is shut.
func newGate() *gate { return &gate{shut: true, changed: make(chan struct{})} }

// enter begins a step, which leave ends.
func (g *gate) enter(ctx context.Context) error {
	return g.await(ctx, func() bool {
		if g.shut {
			return false
		}
		g.steps++
		return true
	})
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.steps--
	g.signal()
}

// close waits until no step goes on, and keeps it so until open. When ctx ends
// before, the gate is open.
func (g *gate) close(ctx context.Context) error {
	err := g.await(ctx, func() bool {
		if g.shut {
			return false
		}
		g.shut = true
		return true
	})
	if err != nil {
		return err
	}
	if err := g.await(ctx, func() bool { return g.steps == 0 }); err != nil {
		g.open()
		return err
	}
	return nil
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
	g.signal()
}

func (g *gate) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *gate) await(ctx context.Context, done func() bool) error {
	g.mu.Lock()
	for !done() {
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
		g.mu.Lock()
	}
	g.mu.Unlock()
	return nil
}
