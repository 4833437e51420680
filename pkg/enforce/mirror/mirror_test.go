package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// source is a Source of which the test says what changes. Its clock is
// that of the bubble.
type source struct {
	start time.Time

	mu      sync.Mutex // for all below
	changes []block.Change
	sent    []time.Duration // when each change was made
	forgot  block.Place     // places before it are too long ago
	held    map[string]map[block.Target]*block.Entry
	wake    chan struct{}
	err     error

	revisions map[string]uint64 // a change's revision is its number
}

func newSource() *source {
	return &source{start: time.Now(), held: map[string]map[block.Target]*block.Entry{}, wake: make(chan struct{}), revisions: map[string]uint64{}}
}

func (s *source) now() time.Duration { return time.Since(s.start) }

func (s *source) change(segment string, d block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Revision = uint64(len(s.changes) + 1)
	s.revisions[segment] = d.Revision
	if s.held[segment] == nil {
		s.held[segment] = map[block.Target]*block.Entry{}
	}
	delete(s.held[segment], d.Target)
	if !d.Removed && d.Target.Valid() {
		s.held[segment][d.Target] = &block.Entry{ID: d.ID, Deadline: s.now() + d.Left, Action: d.Action, Mode: d.Mode, Terms: d.Terms}
	}
	s.changes, s.sent = append(s.changes, block.Change{Segment: segment, Delta: d}), append(s.sent, s.now())
	close(s.wake)
	s.wake = make(chan struct{})
}

func (s *source) Next(ctx context.Context, after block.Place) ([]block.Change, block.Place, bool, error) {
	for {
		changes, at, reset, wake, err := s.since(after)
		if err != nil || reset || len(changes) > 0 {
			return changes, at, reset, err
		}
		select {
		case <-ctx.Done():
			return nil, after, false, ctx.Err()
		case <-wake:
		}
	}
}

func (s *source) since(after block.Place) (changes []block.Change, at block.Place, reset bool, wake chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || after <= s.forgot {
		return nil, block.Place(len(s.changes)) + 1, true, s.wake, s.err // 0 is nowhere
	}
	changes = slices.Clone(s.changes[after-1:])
	for i := range changes {
		changes[i].Delta.Left -= s.now() - s.sent[int(after)-1+i]
	}
	return changes, block.Place(len(s.changes)) + 1, false, s.wake, nil
}

func (s *source) Held() iter.Seq[block.Held] {
	return func(yield func(block.Held) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for segment, entries := range s.held {
			for t, e := range entries {
				if e.Deadline > s.now() && !yield(block.Held{Segment: segment, Target: t, Entry: e, Left: e.Deadline - s.now()}) {
					return
				}
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

// next gives a batch as lines: "reset", "+target action", "-target action".
func next(t *testing.T, m *Mirror) string {
	t.Helper()
	b, err := m.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text(b)
}

func text(b Batch) string {
	var parts []string
	if b.Reset {
		parts = append(parts, "reset")
	}
	for _, e := range b.Put {
		parts = append(parts, fmt.Sprintf("+%s %s", e.Target, e.Action))
	}
	for _, e := range b.Remove {
		parts = append(parts, fmt.Sprintf("-%s %s", e.Target, e.Action))
	}
	return strings.Join(parts, ", ")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// in runs a schedule where time passes only when everybody waits.
func in(t *testing.T, o Options, schedule func(t *testing.T, s *source, m *Mirror)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		o.Source, o.Now = s, s.now
		schedule(t, s, New(o))
	})
}

func put(t *testing.T, to string, id block.ID, a block.Action, left time.Duration) block.Delta {
	t.Helper()
	at := target(t, to)
	if a == block.Allow {
		at = at.Exempt()
	}
	return block.Delta{Target: at, ID: id, Action: a, Left: left}
}

func TestFirstBatchIsEverything(t *testing.T) {
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		expect(t, next(t, m), "reset")
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		expect(t, next(t, m), "+192.0.2.7 deny")
	})
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		s.change("all", put(t, "10.0.0.0/8", 2, block.Flag, time.Hour))
		s.change("all", put(t, "2001:db8::/48", 2, block.Throttle, time.Hour))
		s.change("all", put(t, "country:AQ", 3, block.Drop, time.Hour))
		s.change("all", put(t, "192.0.2.7", 4, block.Allow, time.Hour))
		s.change("all", put(t, "192.0.2.0/24", 5, block.Divert, time.Hour))
		expect(t, next(t, m), "reset, +10.0.0.0/8 flag, +192.0.2.0/24 divert, +192.0.2.7 deny, +192.0.2.7 allow, +2001:db8::/48 throttle, +country:AQ drop")
	})
}

func TestEntriesEndOnTime(t *testing.T) {
	in(t, Options{Gather: 10 * time.Millisecond}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Minute))
		s.change("all", put(t, "192.0.2.8", 2, block.Deny, 2*time.Minute))
		next(t, m)
		expect(t, next(t, m), "-192.0.2.7 deny")
		if s.now() != time.Minute+10*time.Millisecond {
			t.Errorf("told at %s", s.now())
		}
		expect(t, next(t, m), "-192.0.2.8 deny")
		if len(m.slots) != 0 || len(m.ends) != 0 || len(m.All()) != 0 {
			t.Error("something is left")
		}
	})
}

func TestChangesAreGathered(t *testing.T) {
	in(t, Options{Gather: 50 * time.Millisecond}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		go func() {
			for i := range 4 { // at 0, 20, 40 and 60 ms
				s.change("all", put(t, fmt.Sprintf("192.0.2.%d", i), 1, block.Deny, time.Hour))
				time.Sleep(20 * time.Millisecond)
			}
		}()
		expect(t, next(t, m), "+192.0.2.0 deny, +192.0.2.1 deny, +192.0.2.2 deny")
		if s.now() != 50*time.Millisecond {
			t.Errorf("a batch after %s", s.now())
		}
		expect(t, next(t, m), "+192.0.2.3 deny")
	})
}

func TestSegmentsAreMerged(t *testing.T) {
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		s.change("all", put(t, "192.0.2.7", 1, block.Flag, time.Hour))
		expect(t, next(t, m), "+192.0.2.7 flag")
		s.change("shop", put(t, "192.0.2.7", 2, block.Deny, time.Minute))
		expect(t, next(t, m), "+192.0.2.7 deny")
		s.change("", put(t, "192.0.2.7", 3, block.Deny, time.Second)) // shorter: changes nothing
		s.change("shop", block.Delta{Target: target(t, "192.0.2.7"), Removed: true})
		s.change("all", put(t, "192.0.2.8", 1, block.Deny, time.Hour))
		b, err := m.Next(t.Context())
		if err != nil || text(b) != "+192.0.2.7 deny, +192.0.2.8 deny" || b.Put[0].ID != 3 {
			t.Errorf("%s %v", text(b), err)
		}
		expect(t, next(t, m), "+192.0.2.7 flag") // the shorter one is over
		s.change("all", block.Delta{Target: target(t, "192.0.2.7"), Removed: true})
		expect(t, next(t, m), "-192.0.2.7 flag")
	})
}

func TestOnlyWhatIsEnforcedOnEverybody(t *testing.T) {
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		shadow, canary := put(t, "192.0.2.7", 1, block.Deny, time.Hour), put(t, "192.0.2.8", 2, block.Deny, time.Hour)
		shadow.Mode, canary.Mode, canary.Percent = block.Shadow, block.Canary, 50
		s.change("all", shadow)
		s.change("all", canary)
		canary.Mode, canary.Percent = block.Enforce, 0
		s.change("all", canary)
		expect(t, next(t, m), "+192.0.2.8 deny")
		canary.Mode = block.Shadow // rolled back
		s.change("all", canary)
		expect(t, next(t, m), "-192.0.2.8 deny")
	})
}

func TestWant(t *testing.T) {
	refusals := func(t block.Target, a block.Action) bool { return t.Plain() && (a == block.Deny || a == block.Allow) }
	in(t, Options{Want: refusals}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "country:AQ", 1, block.Deny, time.Hour))
		s.change("all", put(t, "192.0.2.1", 1, block.Throttle, time.Hour))
		s.change("all", put(t, "192.0.2.2", 1, block.Deny, time.Hour))
		s.change("all", put(t, "192.0.2.3", 1, block.Allow, time.Hour))
		expect(t, next(t, m), "reset, +192.0.2.2 deny, +192.0.2.3 allow")
		// The strongest is not for this gateway: the request path drops.
		s.change("shop", put(t, "192.0.2.2", 2, block.Drop, time.Minute))
		expect(t, next(t, m), "-192.0.2.2 deny")
		expect(t, next(t, m), "+192.0.2.2 deny")
		if len(m.slots) != 3 {
			t.Errorf("%d targets are kept", len(m.slots))
		}
	})
}

func TestChangesThatComeToNothing(t *testing.T) {
	in(t, Options{Gather: time.Second}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		d := put(t, "192.0.2.7", 1, block.Deny, time.Hour)
		s.change("all", d)
		s.change("all", block.Delta{Target: d.Target, Removed: true})
		go func() {
			time.Sleep(time.Minute)
			s.change("all", put(t, "192.0.2.8", 1, block.Deny, time.Hour))
		}()
		expect(t, next(t, m), "+192.0.2.8 deny")
		s.change("all", put(t, "192.0.2.8", 1, block.Deny, time.Hour-time.Millisecond)) // rounded on its way
		longer := put(t, "192.0.2.8", 1, block.Deny, 2*time.Hour)
		longer.Terms = &block.Terms{Status: 418}
		go func() {
			time.Sleep(time.Minute)
			s.change("all", longer)
		}()
		b, err := m.Next(t.Context())
		if err != nil || len(b.Put) != 1 || b.Put[0].Terms.Status != 418 || s.now() < 2*time.Minute {
			t.Errorf("%s %v at %s", text(b), err, s.now())
		}
	})
}

func TestReset(t *testing.T) {
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		next(t, m)
		s.change("all", block.Delta{Target: target(t, "192.0.2.7"), Removed: true})
		s.change("shop", put(t, "192.0.2.8", 1, block.Deny, time.Hour))
		s.forgot = block.Place(len(s.changes))
		expect(t, next(t, m), "reset, +192.0.2.8 deny")
	})
}

func TestErrorsLoseNothing(t *testing.T) {
	in(t, Options{Gather: time.Minute}, func(t *testing.T, s *source, m *Mirror) {
		next(t, m)
		s.change("all", put(t, "192.0.2.7", 1, block.Deny, time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		s.err = errors.New("the source is closed")
		if _, err := m.Next(t.Context()); !errors.Is(err, s.err) {
			t.Errorf("%v", err)
		}
		s.err = nil
		expect(t, next(t, m), "+192.0.2.7 deny")
	})
}

// A gateway that does what it is told holds what a look at everything gives.
func TestEqualsALookAtEverything(t *testing.T) {
	in(t, Options{}, func(t *testing.T, s *source, m *Mirror) {
		r := rand.New(rand.NewPCG(1, 2))
		gateway := map[block.Target]Entry{}
		for step := range 3000 {
			s.change([]string{"all", "shop", ""}[r.IntN(3)], randomDelta(t, r))
			time.Sleep(time.Duration(r.IntN(3)) * time.Second)
			if r.IntN(500) == 0 {
				s.forgot = block.Place(len(s.changes))
			}
			follow(t, m, gateway)
			want := s.everything()
			if !maps.EqualFunc(gateway, want, func(a, b Entry) bool { return a.same(&b) }) {
				t.Fatalf("step %d:\n%v\n%v", step, gateway, want)
			}
			if all := m.All(); len(all) != len(want) || !slices.IsSortedFunc(all, compare) {
				t.Fatalf("step %d: all %v", step, all)
			}
		}
	})
}

// follow takes what is there to take.
func follow(t *testing.T, m *Mirror, gateway map[block.Target]Entry) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		b, err := m.Next(ctx)
		cancel()
		if err != nil {
			return
		}
		if b.Reset {
			clear(gateway)
		}
		for _, e := range b.Remove {
			delete(gateway, e.Target)
		}
		for _, e := range b.Put {
			gateway[e.Target] = e
		}
	}
}

func randomDelta(t *testing.T, r *rand.Rand) block.Delta {
	t.Helper()
	d := put(t, fmt.Sprintf("192.0.2.%d", r.IntN(8)), block.ID(r.IntN(3)+1), block.Action(r.IntN(6)), time.Duration(1+r.IntN(40))*time.Second)
	d.Removed, d.Mode = r.IntN(4) == 0, block.Mode(r.IntN(3)/2)
	return d
}

// everything is what should be held, found by looking at all there is.
func (s *source) everything() map[block.Target]Entry {
	best := map[block.Target]Entry{}
	for h := range s.Held() {
		e := Entry{h.Target, h.Entry.ID, h.Entry.Action, h.Entry.Terms, s.now() + h.Left}
		old, ok := best[h.Target]
		if h.Entry.Mode == block.Enforce && (!ok || e.Action.Stronger(old.Action) || e.Action == old.Action &&
			(e.Until > old.Until || e.Until == old.Until && e.ID < old.ID)) {
			best[h.Target] = e
		}
	}
	return best
}
