package watch

import "testing"

func TestQuietWeeksKeepToTheBudget(t *testing.T) {
	w := New(Options{})
	s := newSite(1, 4, 30).crowd(100)
	list := s.run(t, w, 0, 7)
	t.Logf("%d told, %+v%s", len(beginnings(list)), w.Stats(), show(list))
}
