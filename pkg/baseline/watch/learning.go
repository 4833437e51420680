package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// Learning says how far the series of one dimension are known.
type Learning struct {
	Dimension series.Dimension
	Series    int
	// Learning are those of which nothing is scored yet, Thin those too rare to
	// be looked at by minutes, which are looked at by the hour.
	Learning, Thin int
	// Until is when the last of the learning ones is expected to be scored;
	// 0 = none learns.
	Until int64
}

// Learning tells for each dimension how many series are still being learnt,
// and until when.
func (w *Watch) Learning() []Learning {
	list := make([]Learning, series.Dimensions)
	for d := range list {
		list[d].Dimension = series.Dimension(d)
	}
	for _, e := range w.entries {
		if e != nil {
			w.countLearning(e, &list[e.key.Dimension])
		}
	}
	return list
}

func (w *Watch) countLearning(e *entry, l *Learning) {
	l.Series++
	until := int64(0)
	switch {
	case e.person != nil:
		if w.crowds[e.key.Dimension-series.Principal][0].Hours < crowdLeast {
			until = max(w.born+w.learning(fast), w.now+hour)
		} else {
			until = w.born + w.learning(fast)
		}
	case e.place.tracks[fast][series.Requests] != nil:
		until = e.born + w.learning(fast)
	default:
		l.Thin++
		until = e.born + w.learning(hourly)
	}
	if until > w.now {
		l.Learning++
		l.Until = max(l.Until, until)
	}
}

// Expectation is what would be normal.
type Expectation struct {
	Expected, Lower, Upper float64
	Step                   int64 // of how long a time, nanoseconds: a minute, a few, an hour
}

// Expect tells what would be normal of a measure of a place at a time; false
// while it is learnt, and for people, who have no course.
func (w *Watch) Expect(key series.Key, m series.Measure, at int64) (Expectation, bool) {
	e := w.named(&key)
	if e == nil || m >= series.Measures {
		return Expectation{}, false
	}
	for _, t := range []*track{e.place.tracks[fast][m], e.place.tracks[hourly][m]} {
		if t == nil || w.now-e.born < w.learning(t.pace()) {
			continue
		}
		if expected, lower, upper, ok := t.model.Expect(at); ok && !math.IsNaN(expected) {
			return Expectation{possible(m, expected), possible(m, lower), possible(m, upper), t.length()}, true
		}
	}
	return Expectation{}, false
}
