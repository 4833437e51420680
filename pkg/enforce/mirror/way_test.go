package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// heard writes down what a Way is told.
type heard struct{ words []string }

func (h *heard) Holds(revisions map[string]uint64) {
	h.words = append(h.words, fmt.Sprint("holds ", revisions))
}

func (h *heard) Fails(err error) { h.words = append(h.words, fmt.Sprint("fails ", err)) }

func (h *heard) Leaves(blocks, exemptions int) {
	h.words = append(h.words, fmt.Sprint("leaves ", blocks, " ", exemptions))
}

// take gives what was heard since the last call.
func (h *heard) take() string {
	words := h.words
	h.words = nil
	return fmt.Sprint(words)
}

// idle lets the mirror look for changes without waiting for one.
func idle(t *testing.T, m *Mirror) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if b, err := m.Next(ctx); err == nil {
		t.Errorf("a batch: %s", text(b))
	}
}

func TestWayHearsWhatTheGatewayHolds(t *testing.T) {
	way := &heard{}
	addresses := func(t block.Target, _ block.Action) bool { return t.Plain() }
	in(t, Options{Way: way, Want: addresses}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		next(t, m)
		expect(t, way.take(), "[]") // the gateway has yet to take it
		m.Done()
		expect(t, way.take(), "[holds map[all:1]]")

		s.change("all", put(t, "country:AQ", 1, block.Deny, time.Hour))
		idle(t, m) // nothing to this gateway
		expect(t, way.take(), "[holds map[all:2]]")

		s.change("shop", put(t, "192.0.2.8", 1, block.Deny, time.Hour))
		next(t, m)
		m.Failed(errors.New("full"))
		s.change("all", put(t, "country:AQ", 2, block.Deny, time.Hour))
		idle(t, m)
		expect(t, way.take(), "[fails full]")
		m.Done()
		expect(t, way.take(), "[holds map[all:4 shop:3]]")

		s.change("all", block.Delta{}) // all that came meanwhile is gone again
		idle(t, m)
		expect(t, way.take(), "[holds map[all:5 shop:3]]")
		s.change("", put(t, "192.0.2.9", 1, block.Deny, time.Hour)) // the agent's own has no revision
		next(t, m)
		m.Done()
		expect(t, way.take(), "[holds map[all:5 shop:3]]")
	})
}

// A gateway that is looked at while changes are gathered does not have them.
func TestWayHearsNothingOfWhatWasNotGiven(t *testing.T) {
	way := &heard{}
	in(t, Options{Way: way, Gather: time.Minute}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		m.Done()
		way.take()
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		idle(t, m)
		m.Done()
		expect(t, way.take(), "[]")
		next(t, m)
		m.Done()
		expect(t, way.take(), "[holds map[all:1]]")
	})
}

func TestWayHearsOfAReset(t *testing.T) {
	way := &heard{}
	in(t, Options{Way: way}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		next(t, m)
		m.Done()
		way.take()
		s.change("shop", put(t, "192.0.2.8", 1, block.Deny, time.Hour))
		s.forgot = block.Place(len(s.changes))
		next(t, m)
		expect(t, way.take(), "[]")
		m.Done()
		expect(t, way.take(), "[holds map[all:1 shop:2]]")
	})
}

func TestWayHearsWhatIsLeft(t *testing.T) {
	way := &heard{}
	denials := func(t block.Target, a block.Action) bool { return t.Plain() && (a == block.Deny || a == block.Allow) }
	in(t, Options{Way: way, Want: denials}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		s.change("all", put(t, "192.0.2.8", 1, block.Flag, time.Hour))
		s.change("all", put(t, "country:AQ", 1, block.Deny, time.Hour))
		s.change("all", put(t, "country:AU", 1, block.Allow, time.Hour))
		shadow := put(t, "country:AT", 1, block.Deny, time.Hour)
		shadow.Mode = block.Shadow
		s.change("all", shadow)
		m.Left(Left{Blocks: 3})
		expect(t, way.take(), "[leaves 5 1]")
	})
}

// Revisions implements Source.
func (s *source) Revisions() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.revisions)
}
