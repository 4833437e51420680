package watch

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestAFreshInstallIsQuietButNotBlind(t *testing.T) {
	f := func(plant func(at time.Time, d *drawn), want ...finding.Shape) {
		t.Helper()
		w := New(Options{})
		s := newSite(9, 2, 6).crowd(10)
		s.plant = func(at time.Time, _ *simRoute, d *drawn) { plant(at, d) }
		told := beginnings(s.run(t, w, 0, 0.95))
		if len(told) != len(want) {
			t.Fatalf("told:%s", show(told))
		}
		for i, a := range told {
			if a.Statistic.Shape != want[i] || !a.Early || a.Severity != finding.Log {
				t.Errorf("want %v, told:%s", want[i], show(told))
			}
		}
		for _, l := range w.Learning() {
			if l.Learning != l.Series || l.Series > 0 && l.Until <= w.now {
				t.Errorf("%+v", l)
			}
		}
	}
	f(func(time.Time, *drawn) {})
	f(func(at time.Time, d *drawn) {
		if between(at, when(0, 12, 0), 5*time.Minute) {
			d.rate *= 50
		}
	}, finding.Burst)
	f(func(at time.Time, d *drawn) {
		if between(at, when(0, 12, 0), time.Hour) {
			d.rate = 0
		}
	}, finding.Silent)
}
