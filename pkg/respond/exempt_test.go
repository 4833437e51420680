package respond

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func exempting(target string) AddBlock {
	r := asked(target)
	r.Action = block.Allow
	return r
}

func exemptions(f *fakeBus) (list []string) {
	for _, b := range f.List() {
		if b.Action == block.Allow {
			list = append(list, b.Target.String()+" by "+b.By)
		}
	}
	return list
}

func TestExemptionsWin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, withKeys)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		for _, target := range []string{"192.0.2.7", "user:alice", "203.0.113.5 & route:/health"} {
			if a, err := s.AddBlock(t.Context(), analyst, exempting(target)); err != nil || !a.Created || !a.Block.Target.Exemption() {
				t.Fatalf("%s: %+v, %v", target, a, err)
			}
		}
		wantEvents(t, bus, "added 192.0.2.7", "added 192.0.2.7", "added 203.0.113.5 & route:/health",
			"added user:"+s.matchKeys("all")[0].Hash(block.ScopeUser, "alice"), "removed 192.0.2.7")
		mustHandle(t, s, 2, touchBy("192.0.2.7", "r2", time.Now()))
		refused := func(target, segment string, want error) {
			t.Helper()
			r := asked(target)
			r.Segment = segment
			if _, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, want) {
				t.Errorf("block of %s in %q: %v, want %v", target, segment, err, want)
			}
		}
		refused("192.0.2.7", "", ErrRefused)
		refused("192.0.2.7", "eu", ErrRefused)
		refused("192.0.2.0/29", "", nil) // but for 192.0.2.7, which agents see to
		refused("192.0.2.7 & route:/login", "", ErrRefused)
		refused("user:alice", "", ErrRefused)
		refused("user:alice & 203.0.113.9", "", ErrRefused)
		refused("203.0.113.5", "", nil) // but for /health, which agents see to
		refused("203.0.113.5 & route:/health", "", ErrRefused)
		if live := exemptions(bus); len(live) != 3 {
			t.Errorf("exemptions: %q", live)
		}
	})
}

// An exemption takes its part out of what is blocked around it, and ends what
// lies within it alone.
func TestAnExemptionInABlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		add := func(r AddBlock, warnings int) Added {
			t.Helper()
			a, err := s.AddBlock(t.Context(), admin, r)
			if err != nil || !a.Created || len(a.Ruling.Warnings) != warnings {
				t.Fatalf("%+v: %+v, %v", r, a, err)
			}
			return a
		}
		add(asked("203.0.113.0/24"), 0)
		add(asked("203.0.113.7 & user_agent:curl/8"), 0)
		mustHandle(t, s, 1, touchBy("203.0.113.7", "r1", time.Now()))
		add(exempting("203.0.113.7"), 0)
		if live := bus.List(); len(live) != 2 {
			t.Errorf("live beside the exemption: %+v", live)
		}
		a := add(asked("203.0.112.0/23"), 1)
		if w := a.Ruling.Warnings[0]; !strings.HasPrefix(w, "203.0.113.7 in it stays free until ") {
			t.Errorf("told: %q", w)
		}
		// A rule blocks nothing that holds somebody exempt.
		wide := touchBy("203.0.113.9", "r2", time.Now())
		wide.Wanted.Target, wide.Wanted.Scope = "203.0.113.0/28", "prefix"
		mustHandle(t, s, 2, wide)
		wantEvents(t, bus, "added 203.0.112.0/23", "added 203.0.113.0/24", "added 203.0.113.7", "added 203.0.113.7",
			"added 203.0.113.7 & user_agent:curl/8", "removed 203.0.113.7", "removed 203.0.113.7 & user_agent:curl/8")
		time.Sleep(3 * time.Minute) // reconciled: all of it stands
		if live := bus.List(); len(live) != 3 {
			t.Errorf("live: %+v", live)
		}
	})
}

// Around what the configuration exempts people may block, once the agents know
// that it is exempt; what lies within it, nobody may.
func TestPeopleBlockAroundTheAllowlist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := func(target string, want error) {
			t.Helper()
			if a, err := s.AddBlock(t.Context(), admin, asked(target)); !errors.Is(err, want) || err == nil && len(a.Ruling.Warnings) != 1 {
				t.Errorf("%s: %+v, %v; want %v", target, a, err, want)
			}
		}
		f("198.51.0.0/16", ErrRefused) // no agent knows yet
		s.Protect(prefixes("198.51.100.0/24"))
		time.Sleep(time.Second)
		f("198.51.0.0/16", nil)
		f("198.51.100.0/25", ErrRefused)
		f("198.51.100.0/24", ErrRefused)
		wide := touchBy("198.51.9.9", "r2", time.Now())
		wide.Wanted.Target, wide.Wanted.Scope = "198.51.96.0/20", "prefix"
		if err := s.Handle(t.Context(), 1, found(wide)); err != nil {
			t.Fatal(err)
		}
		// What joins the allowlist ends no block around it.
		s.SetGuard(NewGuard(GuardOptions{Allow: prefixes("198.51.100.0/24", "198.51.7.7/32")}))
		s.Protect(prefixes("198.51.100.0/24", "198.51.7.7/32"))
		time.Sleep(3 * time.Minute)
		if live := bus.List(); len(live) != 3 {
			t.Errorf("live: %+v", live)
		}
		s.SetGuard(NewGuard(GuardOptions{Own: prefixes("198.51.7.7/32")}))
		time.Sleep(2 * time.Minute)
		if live := bus.List(); len(live) != 2 {
			t.Errorf("what holds our own address is live: %+v", live)
		}
	})
}

// A person's exemption does in place of the configuration's until it is about
// to end.
func TestAnExemptionIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r := exempting("203.0.113.7")
		r.Lifetime = time.Hour
		if _, err := s.AddBlock(t.Context(), analyst, r); err != nil {
			t.Fatal(err)
		}
		s.Protect(prefixes("203.0.113.7/32"))
		for range 70 {
			time.Sleep(time.Minute)
			if live := exemptions(bus); len(live) != 1 {
				t.Fatalf("exempt: %q", live)
			}
		}
		if live := exemptions(bus); live[0] != "203.0.113.7 by config" {
			t.Errorf("exempt: %q", live)
		}
		wantEvents(t, bus, "added 203.0.113.7", "added 203.0.113.7", "replaced 203.0.113.7")
	})
}

func TestAnExemptionOfOneSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		x := exempting("192.0.2.7")
		x.Segment = "eu"
		if _, err := s.AddBlock(t.Context(), analyst, x); err != nil {
			t.Fatal(err)
		}
		r := asked("192.0.2.7")
		r.Segment = "eu"
		if _, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, ErrRefused) {
			t.Errorf("there: %v", err)
		}
		r.Segment = "us"
		if _, err := s.AddBlock(t.Context(), analyst, r); err != nil {
			t.Errorf("elsewhere: %v", err)
		}
	})
}

func TestTheConfigurationsExemptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		want := func(s *running, list ...string) {
			t.Helper()
			time.Sleep(time.Second)
			if got := exemptions(bus); !slices.Equal(got, list) {
				t.Errorf("exemptions: %q, want %q", got, list)
			}
		}
		s := start(t, bus)
		s.Protect(prefixes("198.51.100.0/24", "203.0.113.1/32"))
		want(s, "203.0.113.1 by config", "198.51.100.0/24 by config")
		id := bus.List()[0].ID
		if _, err := s.RemoveBlock(t.Context(), analyst, id, "not that"); !errors.Is(err, ErrInvalid) {
			t.Errorf("taken away by hand: %v", err)
		}
		if _, err := s.AddBlock(t.Context(), analyst, exempting("203.0.113.2")); err != nil {
			t.Fatal(err)
		}
		s.Protect(prefixes("198.51.100.0/24"))
		want(s, "203.0.113.2 by token:analyst", "198.51.100.0/24 by config")
		s.stop()
		s = start(t, bus)
		s.Protect([]netip.Prefix{})
		want(s, "203.0.113.2 by token:analyst")
		s.Protect(prefixes("198.51.100.0/24"))
		want(s, "203.0.113.2 by token:analyst", "198.51.100.0/24 by config")
	})
}

func TestTheConfigurationsExemptionsAreRenewedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := func(left time.Duration, puts int) {
			t.Helper()
			b := s.exemption(block.PrefixTarget(prefixes("198.51.100.0/24")[0]).Exempt())
			b.CreatedAt = b.CreatedAt.Add(left - configuredLife)
			bus.mu.Lock()
			bus.store(b)
			bus.puts = 0
			bus.mu.Unlock()
			s.Protect(prefixes("198.51.100.0/24"))
			time.Sleep(2 * time.Minute)
			if live, ok := bus.Get(block.All, b.Target); !ok || bus.puts != puts || time.Until(live.ExpiresAt()) < configuredLife/2-time.Hour {
				t.Errorf("with %s left: %d puts, %+v", left, bus.puts, live)
			}
		}
		f(configuredLife/2+time.Hour, 0)
		f(configuredLife/2-time.Hour, 1)
	})
}

// Who takes an exemption back that the configuration has too exposes nobody
// whom it protects to the blocks around.
func TestTheConfigurationsExemptionTakesAPersonsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		own, err := s.AddBlock(t.Context(), admin, exempting("203.0.113.7"))
		if err != nil {
			t.Fatal(err)
		}
		s.Protect(prefixes("203.0.113.7/32"))
		time.Sleep(3 * time.Minute)
		if _, err := s.AddBlock(t.Context(), admin, asked("203.0.113.0/24")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RemoveBlock(t.Context(), admin, own.Block.ID, "not needed any more"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if live := exemptions(bus); !slices.Equal(live, []string{"203.0.113.7 by config"}) {
			t.Errorf("exempt at once: %q", live)
		}
	})
}
