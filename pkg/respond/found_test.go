package respond

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestFoundWithoutABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		found := []finding.Finding{touchBy("192.0.2.7", "r1", time.Now()), touchBy("192.0.2.8", "r2", time.Now())}
		for range 2 { // as often as the job that finds it runs
			if err := s.Found(t.Context(), found); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Found(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		wantEvents(t, bus, "added 192.0.2.7", "added 192.0.2.8")
		wantRaised(t, bus, map[string]string{"192.0.2.7": "log", "192.0.2.8": "log"})
		if n := bus.count(Findings); n != 2 || s.Stats().Findings != 2 {
			t.Errorf("%d rows of findings, counted as %d", n, s.Stats().Findings)
		}
	})
}

// What was found and answered for is not lost with the process.
func TestFoundSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		touch := touchBy("192.0.2.7", "r1", time.Now())
		if err := s.Found(t.Context(), []finding.Finding{touch}); err != nil {
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
		wantEvents(t, bus, "added 192.0.2.7")
	})
}
