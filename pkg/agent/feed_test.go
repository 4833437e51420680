package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// reader is a gateway that holds what it is told.
type reader struct {
	mu     sync.Mutex
	holds  map[block.Target]block.ID
	resets int
}

// read follows the agent until the test ends.
func (r *rig) read() *reader {
	rd := &reader{holds: map[block.Target]block.ID{}}
	m := mirror.New(mirror.Options{Source: r.Agent, Now: r.Agent.clock.Now})
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			b, err := m.Next(ctx)
			if err != nil {
				return
			}
			rd.take(b)
		}
	}()
	r.t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return rd
}

func (rd *reader) take(b mirror.Batch) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if b.Reset {
		clear(rd.holds)
		rd.resets++
	}
	for _, e := range b.Remove {
		delete(rd.holds, e.Target)
	}
	for _, e := range b.Put {
		rd.holds[e.Target] = e.ID
	}
}

// want checks that the gateway holds what the agent does, and gives how much
// that is.
func (rd *reader) want(r *rig, resets int) (holds int) {
	r.t.Helper()
	synctest.Wait()
	rd.mu.Lock()
	defer rd.mu.Unlock()
	held := map[block.Target]block.ID{}
	for h := range r.Held() {
		if h.Entry.Mode == block.Enforce {
			held[h.Target] = h.Entry.ID
		}
	}
	if !maps.Equal(rd.holds, held) || rd.resets != resets {
		r.t.Errorf("after %d resets, want %d:\n got %v\nwant %v", rd.resets, resets, rd.holds, held)
	}
	return len(held)
}

func TestGatewaysFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New("shop"), newTestClock(), t.TempDir()
		r := newRig(t, service, clock, dir).start()
		service.Put("192.0.2.1", time.Hour)
		synctest.Wait()
		rd := r.read()
		rd.want(r, 1)
		r.put("shop", "user:mallory", 7, block.Deny, nil)
		service.Put("192.0.2.2", 5*time.Second)
		rd.want(r, 1)
		r.Touch(touchBy("192.0.2.3"))
		rd.want(r, 1)
		service.Remove("192.0.2.1")
		if n := rd.want(r, 1); n != 3 {
			t.Errorf("holds %d", n)
		}
		pass(5 * time.Second) // the lifetime ends, with no word from the service
		rd.want(r, 1)
		pass(2 * time.Minute) // the agent's own refusal as well
		if n := rd.want(r, 1); n != 1 {
			t.Errorf("holds %d", n)
		}
	})
}

// An outage costs gateways no more than what changed meanwhile.
func TestGatewaysAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New("shop")
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		for i := range 100 {
			service.Put(fmt.Sprintf("192.0.2.%d", i), time.Hour)
		}
		synctest.Wait()
		rd := r.read()
		service.Cut()
		synctest.Wait()
		service.Remove("192.0.2.7")
		service.Put("198.51.100.1", time.Hour)
		service.Remove("192.0.2.8")
		service.Put("192.0.2.8", 2*time.Hour)
		rd.want(r, 1)
		service.Mend()
		pass(time.Second)
		rd.want(r, 1)
		r.want("192.0.2.7", false)
	})
}

func TestReadersThatAreTooLateBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir())
		next := func(after block.Place) ([]block.Change, block.Place, bool) {
			changes, at, reset, err := r.Next(t.Context(), after)
			if err != nil {
				t.Fatal(err)
			}
			return changes, at, reset
		}
		_, start, reset := next(0)
		if !reset {
			t.Error("the first call is no reset")
		}
		apply := func(revision int) {
			a := netip.AddrFrom4([4]byte{10, byte(revision >> 16), byte(revision >> 8), byte(revision)})
			r.Apply(block.All, block.Delta{Revision: uint64(revision), Target: block.AddressTarget(a), ID: 1, Left: time.Hour})
		}
		for i := range maxFed {
			apply(i + 1)
		}
		changes, at, reset := next(start)
		if reset || len(changes) != maxFed || changes[0].Delta.Revision != 1 || changes[maxFed-1].Delta.Revision != maxFed {
			t.Errorf("%d changes, reset %v", len(changes), reset)
		}
		apply(maxFed + 1)
		if _, _, reset := next(start); !reset {
			t.Error("one change is gone, and no reset")
		}
		if changes, _, reset := next(at); reset || len(changes) != 1 || changes[0].Delta.Revision != maxFed+1 {
			t.Errorf("%v, reset %v", changes, reset)
		}
		time.Sleep(20 * time.Minute)
		if changes, _, _ := next(at); changes[0].Delta.Left != 40*time.Minute {
			t.Errorf("%s are left of an hour", changes[0].Delta.Left)
		}
		if _, _, reset := next(at + 100); !reset {
			t.Error("a place that is none yet is taken")
		}
		if n := len(r.feed.ring); n != maxFed {
			t.Errorf("%d changes are kept", n)
		}
	})
}

func TestSegmentTakenAwayResetsReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New("shop")
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		r.put("shop", "192.0.2.1", 7, block.Deny, nil)
		rd := r.read()
		r.Linked([]string{block.All})
		if n := rd.want(r, 2); n != 0 {
			t.Errorf("holds %d", n)
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir())
		_, at, _, err := r.Next(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, same, _, err := r.Next(ctx, at); !errors.Is(err, context.DeadlineExceeded) || same != at {
			t.Errorf("%v, %v", same, err)
		}
		if n := r.feed.readers(); n != 0 {
			t.Errorf("%d readers wait", n)
		}
	})
}

// Cut off under change of every kind, an agent converges: it holds what the
// service does, decides alike, and so do its gateways.
func TestPartitionUnderChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New("shop", "eu")
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		rd := r.read()
		random := rand.New(rand.NewPCG(1, 2))
		changes := func() {
			for range 50 {
				service.Change(randomChange(service, random))
				pass(time.Duration(random.IntN(20)) * time.Millisecond)
			}
		}
		for range 10 {
			changes()
			service.Cut()
			changes()
			if random.IntN(3) == 0 {
				service.Rotate("shop")
			}
			service.Mend()
			changes()
			pass(3 * time.Second)
			for _, segment := range []string{block.All, "shop", "eu"} {
				if got, want := r.Versions()[segment], service.Version(segment); got != want {
					t.Fatalf("segment %s: has %+v, the service %+v", segment, got, want)
				}
				if !slices.Equal(r.MatchKeys()[segment], service.Keys(segment)) {
					t.Fatalf("segment %s: other keys", segment)
				}
			}
			rd.agrees(r)
		}
	})
}

// agrees checks that the gateway holds a target exactly if the agent does.
func (rd *reader) agrees(r *rig) {
	r.t.Helper()
	rd.mu.Lock()
	defer rd.mu.Unlock()
	held := map[block.Target]bool{}
	for h := range r.Held() {
		if h.Entry.Mode == block.Enforce {
			held[h.Target] = true
		}
	}
	for t := range rd.holds {
		if !held[t] {
			r.t.Fatalf("the gateway holds %s, which is over", t)
		}
	}
	if len(held) != len(rd.holds) {
		r.t.Fatalf("the gateway holds %d of %d", len(rd.holds), len(held))
	}
}

func randomChange(service *agenttest.Service, r *rand.Rand) (string, block.Delta) {
	segment := []string{block.All, "shop", "eu"}[r.IntN(3)]
	texts := []string{
		"192.0.2.%d", "198.51.%d.0/24", "user:u%d", "token:t%d", "country:A%c", "route:/orders/%d", "user_agent:probe/%d",
		"10.0.0.%d & route:POST /login", "key:k%d & 192.0.2.0/24",
	}
	text := fmt.Sprintf(texts[r.IntN(len(texts))], 'A'+r.IntN(12))
	d := block.Delta{Target: service.Target(segment, text), Removed: r.IntN(3) == 0, ID: block.ID(r.Uint64() | 1)}
	d.Left, d.Action, d.Mode = time.Duration(1+r.IntN(600))*time.Second, block.Action(r.IntN(5)), block.Mode(r.IntN(2))
	if r.IntN(5) == 0 {
		d.Target, d.Action, d.Mode = d.Target.Exempt(), block.Allow, block.Enforce
	}
	if d.Action == block.Throttle {
		d.Terms = &block.Terms{Rate: 1}
	}
	return segment, d
}

// What the agent's own configuration allows is allowed by gateways that hold
// blocks themselves, too.
func TestGatewaysAllowWhatTheAgentDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir(), "192.0.2.0/28", "192.0.2.99").start()
		service.Put("192.0.2.1", time.Hour)
		synctest.Wait()
		rd := r.read()
		f := func(target string, want bool) {
			t.Helper()
			exempt, err := block.ParseTarget(target)
			if err != nil {
				t.Fatal(err)
			}
			rd.mu.Lock()
			defer rd.mu.Unlock()
			if _, is := rd.holds[exempt.Exempt()]; is != want {
				t.Errorf("%s is allowed: %v", target, is)
			}
		}
		f("192.0.2.0/28", true)
		f("192.0.2.99", true)
		pass(time.Hour)
		r.SetPolicy(Policy{Allow: allowing(t, "192.0.2.99", "198.51.100.1")})
		rd.want(r, 1)
		f("192.0.2.0/28", false)
		f("192.0.2.99", true)
		f("198.51.100.1", true)
		r.SetPolicy(Policy{})
		rd.want(r, 1)
		f("198.51.100.1", false)
	})
}
