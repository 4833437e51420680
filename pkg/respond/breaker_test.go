package respond

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// storm is findings about so many clients.
func storm(n int, net string) (findings []finding.Finding) {
	for i := range n {
		client := fmt.Sprintf("%s.%d.%d", net, i/250, i%250)
		findings = append(findings, touchBy(client, client, time.Now()))
	}
	return findings
}

func modes(f *fakeBus) map[block.Mode]int {
	n := map[block.Mode]int{}
	for _, b := range f.List() {
		n[b.Mode]++
	}
	return n
}

func (f *fakeBus) alert(name string) bool {
	for _, a := range f.active() {
		if a.Labels["alertname"] == HealthAlert+name {
			return true
		}
	}
	return false
}

func TestBreaker(t *testing.T) {
	for _, crash := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			limits := func(o *Options) { o.Ledger.PerMinute, o.Ledger.PerRule, o.Ledger.BreakerPerMinute = 100, 100, 50 }
			s := start(t, bus, limits)
			if _, err := s.Resume(t.Context(), analyst, "nothing to do"); !errors.Is(err, ErrNotFound) {
				t.Errorf("resumed what is not held: %v", err)
			}
			mustHandle(t, s, 1, storm(60, "12.0")...)
			if n := modes(bus); n[block.Enforce] != 50 || n[block.Shadow] != 10 || !s.Breaker().Held {
				t.Fatalf("blocks by mode: %v, %+v", n, s.Breaker())
			}
			if crash {
				bus.allow(0)
			} else {
				time.Sleep(2 * time.Second)
				if !bus.alert(heldAlert) {
					t.Error("nobody is told")
				}
			}
			s.stop()
			bus.allow(-1)
			s = start(t, bus, limits)
			time.Sleep(2 * time.Minute)
			if !s.Breaker().Held || !bus.alert(heldAlert) {
				t.Fatalf("crash %v: after a restart %+v", crash, s.Breaker())
			}
			again := touchBy("12.0.0.55", "again", time.Now())
			mustHandle(t, s, 2, again)
			if n := modes(bus); n[block.Enforce] != 50 {
				t.Errorf("blocks by mode while held: %v", n)
			}
			if b, err := s.Resume(t.Context(), analyst, "an attack"); err != nil || b.Held {
				t.Fatalf("%+v, %v", b, err)
			}
			time.Sleep(2 * time.Second)
			if bus.alert(heldAlert) {
				t.Error("the alert stays")
			}
			mustHandle(t, s, 3, touchBy("12.0.0.55", "and again", time.Now()))
			if b, ok := bus.Get(block.All, targetOn(t, "12.0.0.55")); !ok || b.Mode != block.Enforce {
				t.Errorf("found again after the storm: %+v", b)
			}
		})
	}
}

// People, and blocks in shadow, do not trip it, and are not held.
func TestBreakerIsForRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) { o.Ledger.BreakerPerMinute = 3 })
		for i := range 9 {
			if _, err := s.AddBlock(t.Context(), analyst, asked(fmt.Sprintf("12.0.0.%d", i))); err != nil {
				t.Fatal(err)
			}
		}
		shadows := storm(9, "13.0")
		for i := range shadows {
			shadows[i].Wanted.Shadow = true
		}
		mustHandle(t, s, 1, shadows...)
		if s.Breaker().Held {
			t.Fatal("held")
		}
		mustHandle(t, s, 2, storm(9, "14.0")...)
		a, err := s.AddBlock(t.Context(), analyst, asked("12.0.1.1"))
		if err != nil || a.Block.Mode != block.Enforce || !s.Breaker().Held {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// What budgets refuse by the thousand is told in one row and one alert.
func TestBlocksOverBudgetAreToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) {
			o.Ledger.PerMinute, o.Ledger.PerRule, o.Ledger.BreakerPerMinute = 10, -1, -1
		})
		flood := storm(1000, "12.0")
		page := touchBy("13.0.0.1", "page", time.Now())
		page.Tier = finding.Page
		mustHandle(t, s, 1, append(flood, page)...)
		mustHandle(t, s, 1, flood...)
		time.Sleep(10 * time.Second)
		n := 0
		for _, event := range bus.events() {
			if event[:7] == "refused" {
				n++
			}
		}
		if events := bus.events(); n != toldEach+1 || len(events) != n+10 || events[len(events)-1] != "refused 991 targets" {
			t.Errorf("block log: %q", events)
		}
		raised := bus.raised()
		if len(raised) != 10+toldEach+2 || raised["13.0.0.1"] != "page" || !bus.alert(overflowAlert) {
			t.Errorf("alerts: %v", raised)
		}
		if n := bus.count(Findings); n != 1001 {
			t.Errorf("%d findings on record", n)
		}
		time.Sleep(20 * time.Minute)
		if bus.alert(overflowAlert) {
			t.Error("the alert stays")
		}
		for _, a := range s.Actors() {
			if a.Tier != 0 && len(a.Blocks) == 0 {
				t.Fatalf("%s is alarming still: %+v", a.Actor, a)
			}
		}
	})
}
