package watch

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// quietWith runs a trained site with something planted that is nobody's
// business.
func quietWith(t *testing.T, snapshot []byte, plant func(at time.Time, r *simRoute, d *drawn)) {
	t.Helper()
	list := runWith(t, snapshot, plant, nil, 0.9)
	if told := beginnings(list); len(told) > 0 {
		t.Errorf("told:%s", show(told))
	}
}

func runWith(t *testing.T, snapshot []byte, plant func(at time.Time, r *simRoute, d *drawn), late func(time.Time, *series.Minute), days float64) []Anomaly {
	t.Helper()
	w := restored(t, snapshot)
	s := plain(3)
	ordinary := s.plant
	s.plant = func(at time.Time, r *simRoute, d *drawn) {
		ordinary(at, r, d)
		if plant != nil {
			plant(at, r, d)
		}
	}
	s.late = late
	return s.run(t, w, trained, trained+days)
}

func restored(t *testing.T, snapshot []byte) *Watch {
	t.Helper()
	w := New(Options{})
	if err := w.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	return w
}

func testDenials(t *testing.T, snapshot []byte) {
	noon := when(trained, 12, 0)
	t.Run("an attacker who is refused", func(t *testing.T) {
		quietWith(t, snapshot, func(at time.Time, r *simRoute, d *drawn) {
			if r.name == "GET /r1/{id}" && between(at, noon, 2*time.Hour) {
				d.denied = 500
			}
		})
	})
	t.Run("a customer who is refused, and goes away", func(t *testing.T) {
		quietWith(t, snapshot, func(at time.Time, r *simRoute, d *drawn) {
			if r.name != "GET /r0/{id}" {
				return
			}
			if !at.Before(noon) {
				if between(at, noon, time.Hour) {
					d.denied = d.rate * 0.7
				}
				d.rate *= 0.3
			}
		})
	})
}

func testHoliday(t *testing.T, snapshot []byte) {
	less := func(from time.Time) []Anomaly {
		return beginnings(runWith(t, snapshot, func(at time.Time, _ *simRoute, d *drawn) {
			if !at.Before(from) && d.exactly < 0 {
				d.rate *= 0.3
			}
		}, nil, 0.95))
	}
	t.Run("from midnight", func(t *testing.T) {
		told := less(when(trained, 0, 0))
		if len(told) == 0 || len(told) > 2 || told[0].Key.Dimension != series.Whole {
			t.Errorf("told:%s", show(told))
		}
	})
	t.Run("from noon", func(t *testing.T) {
		told := less(when(trained, 12, 0))
		if len(told) != 1 || told[0].Key.Dimension != series.Whole || told[0].Statistic.Shape != finding.Drop {
			t.Errorf("told:%s", show(told))
		}
	})
}
