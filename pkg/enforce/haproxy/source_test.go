package haproxy

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Now()

func clock() time.Duration { return time.Since(start) }

// source is a mirror.Source of which the test says what changes.
type source struct {
	mu      sync.Mutex
	changes []block.Change
	held    map[block.Target]*block.Entry
	wake    chan struct{}
}

func newSource() *source {
	return &source{held: map[block.Target]*block.Entry{}, wake: make(chan struct{})}
}

// change makes all changes at once.
func (s *source) change(deltas ...block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range deltas {
		d.Revision = uint64(len(s.changes) + 1)
		delete(s.held, d.Target)
		if !d.Removed {
			s.held[d.Target] = &block.Entry{ID: d.ID, Deadline: clock() + d.Left, Action: d.Action, Mode: d.Mode, Terms: d.Terms}
		}
		s.changes = append(s.changes, block.Change{Segment: "all", Delta: d})
	}
	close(s.wake)
	s.wake = make(chan struct{})
}

// Next implements mirror.Source.
func (s *source) Next(ctx context.Context, after block.Place) ([]block.Change, block.Place, bool, error) {
	for {
		s.mu.Lock()
		at, wake := block.Place(len(s.changes)+1), s.wake
		var changes []block.Change
		if after > 0 {
			changes = s.changes[after-1:]
		}
		s.mu.Unlock()
		if after == 0 || len(changes) > 0 {
			return changes, at, after == 0, nil
		}
		select {
		case <-ctx.Done():
			return nil, after, false, ctx.Err()
		case <-wake:
		}
	}
}

// Held implements mirror.Source.
func (s *source) Held() iter.Seq[block.Held] {
	return func(yield func(block.Held) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for t, e := range s.held {
			if left := e.Deadline - clock(); left > 0 && !yield(block.Held{Segment: "all", Target: t, Entry: e, Left: left}) {
				return
			}
		}
	}
}

func target(t testing.TB, text string) block.Target {
	t.Helper()
	parsed, err := block.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// delta is a block of an hour; an exemption if the action is allow.
func delta(t testing.TB, text string, id block.ID, a block.Action, terms *block.Terms) block.Delta {
	t.Helper()
	d := block.Delta{Target: target(t, text), ID: id, Action: a, Terms: terms, Left: time.Hour}
	if a == block.Allow {
		d.Target = d.Target.Exempt()
	}
	return d
}

func gone(d block.Delta) block.Delta { return block.Delta{Target: d.Target, ID: d.ID, Removed: true} }

// Revisions implements mirror.Source: a change's revision is its number.
func (s *source) Revisions() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]uint64{block.All: uint64(len(s.changes))}
}
