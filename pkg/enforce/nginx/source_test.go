package nginx

import (
	"context"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// source is a mirror.Source of which the test says what changes.
type source struct {
	start time.Time

	mu      sync.Mutex // for all below
	changes []block.Change
	held    map[block.Target]*block.Entry
	wake    chan struct{}
}

func newSource() *source {
	return &source{start: time.Now(), held: map[block.Target]*block.Entry{}, wake: make(chan struct{})}
}

func (s *source) now() time.Duration { return time.Since(s.start) }

// put blocks a target for an hour.
func (s *source) put(t testing.TB, target string, a block.Action, terms *block.Terms) block.ID {
	t.Helper()
	return s.putFor(t, time.Hour, target, a, terms)
}

func (s *source) putFor(t testing.TB, left time.Duration, target string, a block.Action, terms *block.Terms) block.ID {
	t.Helper()
	id := block.NewID(a.String(), target)
	s.change(block.Delta{Target: parse(t, target, a), ID: id, Left: left, Action: a, Terms: terms})
	return id
}

func (s *source) remove(t testing.TB, target string, a block.Action) {
	t.Helper()
	s.change(block.Delta{Target: parse(t, target, a), Removed: true})
}

func parse(t testing.TB, target string, a block.Action) block.Target {
	t.Helper()
	parsed, err := block.ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	if a == block.Allow {
		return parsed.Exempt()
	}
	return parsed
}

func (s *source) change(changes ...block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range changes {
		d.Revision = uint64(len(s.changes) + 1)
		delete(s.held, d.Target)
		if !d.Removed {
			s.held[d.Target] = &block.Entry{ID: d.ID, Deadline: s.now() + d.Left, Action: d.Action, Mode: d.Mode, Terms: d.Terms}
		}
		s.changes = append(s.changes, block.Change{Segment: block.All, Delta: d})
	}
	close(s.wake)
	s.wake = make(chan struct{})
}

func (s *source) Next(ctx context.Context, after block.Place) ([]block.Change, block.Place, bool, error) {
	for {
		s.mu.Lock()
		at, wake := block.Place(len(s.changes)+1), s.wake
		if after == 0 || after < at {
			defer s.mu.Unlock()
			if after == 0 {
				return nil, at, true, nil
			}
			return slices.Clone(s.changes[after-1:]), at, false, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, after, false, ctx.Err()
		case <-wake:
		}
	}
}

func (s *source) Held() iter.Seq[block.Held] {
	return func(yield func(block.Held) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for t, e := range s.held {
			if left := e.Deadline - s.now(); left > 0 && !yield(block.Held{Segment: block.All, Target: t, Entry: e, Left: left}) {
				return
			}
		}
	}
}

// Revisions implements mirror.Source: a change's revision is its number.
func (s *source) Revisions() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]uint64{block.All: uint64(len(s.changes))}
}
