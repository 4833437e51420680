package watch

import (
	"slices"
	"testing"
)

// Three weeks in which nothing happens but what always does: no more incidents
// than the budget, with three hundred series.
func TestQuietWeeksKeepToTheBudget(t *testing.T) {
	t.Parallel()
	const days = 21
	w := New(Options{AlertsPerDay: 1})
	s := newSite(1, 12, 100).crowd(190)
	s.few = true
	for i, r := range s.routes {
		r.rate = 40.0 / float64(1+i*i) // most are too rare to be looked at by the minute
	}
	list := s.run(t, w, 0, days)
	if n := w.Stats(); n.Places+n.People < 300 || n.Models < 150 {
		t.Fatalf("%+v", n)
	}
	told := beginnings(list)
	if len(told) > days {
		t.Errorf("%d incidents in %d days:%s", len(told), days, show(told))
	}
	if !slices.ContainsFunc(w.Learning(), func(l Learning) bool { return l.Series > l.Learning }) {
		t.Errorf("nothing was learnt: %+v", w.Learning())
	}
	t.Logf("%d incidents in %d days, %+v%s", len(told), days, w.Stats(), show(told))
}
