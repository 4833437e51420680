package haproxy

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
)

// heard is a mirror.Way that remembers what it heard last.
type heard struct {
	revision atomic.Uint64
	fails    atomic.Bool
}

func (h *heard) Holds(revisions map[string]uint64) {
	h.revision.Store(revisions[block.All])
	h.fails.Store(false)
}
func (h *heard) Fails(error)     { h.fails.Store(true) }
func (h *heard) Leaves(int, int) {}

func TestHAProxyHoldsWhatIsSaid(t *testing.T) {
	t.Parallel()
	p, s, way := haproxytest.New(t, ""), newSource(), &heard{}
	k, err := New(Options{
		Source: s, Socket: p.Runtime(), Dir: p.Maps(), Now: clock, Time: time.Now, Log: slog.New(slog.DiscardHandler), Way: way,
	})
	if err != nil {
		t.Fatal(err)
	}
	runs(t, k)
	holds := func() error {
		if way.fails.Load() || way.revision.Load() != s.Revisions()[block.All] {
			return errors.New("it does not hold all")
		}
		return nil
	}
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	p.Start()
	for i := range 4 {
		p.Until("HAProxy holds it", holds)
		if a, err := p.Ask(from(fmt.Sprintf("192.0.2.%d", i+1))); err != nil || a.Status != 403 {
			t.Errorf("said to be held, and answered %+v, %v", a, err)
		}
		s.change(delta(t, fmt.Sprintf("192.0.2.%d", i+2), block.ID(i+2), block.Deny, nil))
	}
	p.Until("HAProxy holds the last", holds)
	p.Kill()
	p.Until("that HAProxy is gone is told", func() error {
		if !way.fails.Load() {
			return errors.New("nothing was said")
		}
		return nil
	})
	p.Start()
	p.Until("HAProxy is back", holds)
	if a, err := p.Ask(from("192.0.2.5")); err != nil || a.Status != 403 {
		t.Errorf("after its restart: %+v, %v", a, err)
	}
}
