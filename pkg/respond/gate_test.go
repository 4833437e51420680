package respond

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, ctx := newGate(), t.Context()
		g.open()
		if err := errors.Join(g.enter(ctx), g.enter(ctx)); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if g.close(short) == nil {
			t.Fatal("closed over two steps")
		}
		if err := g.enter(ctx); err != nil {
			t.Fatalf("a gate that could not be closed is not open: %v", err)
		}
		closed := make(chan error, 1)
		go func() { closed <- g.close(ctx) }()
		synctest.Wait()
		entered := make(chan error, 1)
		go func() { entered <- g.enter(ctx) }()
		for range 3 {
			synctest.Wait()
			if len(closed)+len(entered) != 0 {
				t.Fatal("closed, or entered, too early")
			}
			g.leave()
		}
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		g.open()
		if err := <-entered; err != nil {
			t.Fatal(err)
		}
	})
}
