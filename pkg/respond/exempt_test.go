package respond

import (
	"errors"
	"net/netip"
	"slices"
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
		refused("192.0.2.0/29", "", ErrRefused)
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
