package respond

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestTouchIsConfirmedOrWithdrawn(t *testing.T) {
	f := func(name string, change func(*finding.Finding), withdrawn bool, events ...string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			s := start(t, bus)
			touch := touchBy("192.0.2.7", "r1", time.Now())
			touch.Sighting.Via, touch.Sighting.Record = finding.ViaAgent, ""
			change(&touch)
			if err := s.Touch(t.Context(), "gw-a", touch); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			wantEvents(t, bus, events...)
			id := decoy.ProvisionalID("gw-a", touch.ID)
			want := []string(nil)
			if withdrawn {
				want = []string{"gw-a " + id.String()}
			}
			if !slices.Equal(bus.withdraw, want) {
				t.Errorf("%s: withdrawn %v, want %v", name, bus.withdraw, want)
			}
			if len(events) > 0 && !s.Known(id) {
				t.Errorf("%s: the refusal's id is not known", name)
			}
		})
	}
	f("plain", func(*finding.Finding) {}, false, "added 192.0.2.7", "confirmed 192.0.2.7")
	f("protected", func(x *finding.Finding) { x.Actor.Value = "198.51.100.7" }, true, "refused 198.51.100.7", "withdrawn 198.51.100.7")
	f("shadow", func(x *finding.Finding) { x.Wanted.Shadow = true }, true, "added 192.0.2.7", "withdrawn 192.0.2.7")
	f("unknown", func(x *finding.Finding) { x.Rule = "decoy.unknown" }, true)
	f("a little ahead", func(x *finding.Finding) { x.Time = x.Time.Add(time.Minute) }, false, "added 192.0.2.7", "confirmed 192.0.2.7")
	f("far ahead", func(x *finding.Finding) { x.Time = x.Time.Add(time.Hour) }, true)
	f("of another age", func(x *finding.Finding) { x.Time = time.Time{} }, true)
}

func TestTouchOverBudgetIsNotWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) { o.Ledger.PerAgentOnly = 1 })
		for i, client := range []string{"192.0.2.7", "192.0.2.8"} {
			if err := s.Touch(t.Context(), "gw-a", touchBy(client, string(rune('a'+i)), time.Now())); err != nil {
				t.Fatal(err)
			}
		}
		if len(bus.withdraw) != 0 || len(bus.List()) != 1 {
			t.Errorf("withdrawn %v, blocks %v", bus.withdraw, bus.List())
		}
	})
}

// What a checkpoint holds is no news after a restart, however much later.
func TestTouchIsNoNewsDaysLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		if err := s.Touch(t.Context(), "gw-a", touchBy("192.0.2.7", "r1", time.Now())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(72 * time.Hour)
		s.stop()
		bus.forgetAlerts()
		again := start(t, bus)
		time.Sleep(3 * time.Second)
		wantRaised(t, bus, map[string]string{})
		if actors := again.Actors(); len(actors) != 0 {
			t.Errorf("known again: %+v", actors)
		}
	})
}

// A touch that was answered is not lost with the process.
func TestTouchSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		touch := touchBy("192.0.2.7", "r1", time.Now())
		if err := s.Touch(t.Context(), "gw-a", touch); err != nil {
			t.Fatal(err)
		}
		bus.allow(0) // nothing that it does from now on is durable
		s.stop()
		bus.allow(-1)
		bus.forgetAlerts()
		again := start(t, bus)
		time.Sleep(3 * time.Second)
		wantRaised(t, bus, map[string]string{"192.0.2.7": "log"})
		if actor, err := again.Actor(touch.Actor); err != nil || actor.Findings != 1 {
			t.Errorf("actor is %+v, %v", actor, err)
		}
		wantEvents(t, bus, "added 192.0.2.7", "confirmed 192.0.2.7")
	})
}
