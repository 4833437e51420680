package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// carriesMost is the share of a change at which one part explains it.
const carriesMost = 0.7

// around is the place that contains one; nil for the whole and for people.
func (w *Watch) around(e *entry) *entry {
	switch e.key.Dimension {
	case series.Route:
		if e.key.API != "" {
			for _, x := range w.places {
				if x.key.Dimension == series.API && x.key.Name == e.key.API {
					return x
				}
			}
		}
	case series.Whole, series.Principal, series.Address:
		return nil
	}
	if w.whole == e {
		return nil
	}
	return w.whole
}

// contains tells whether a place is inside another one, at any depth. Networks
// and applications, which are parts of all that they touch, are in none.
func (w *Watch) contains(outer, inner *entry) bool {
	for e := w.around(inner); e != nil; e = w.around(e) {
		if e == outer {
			return true
		}
	}
	return false
}

// locate finds the most specific place that explains what a look saw: out to
// the largest place that moves the same way, and from there in, for as long as
// one part carries most of it.
func (w *Watch) locate(l *look) *entry {
	e := l.entry
	if e.place == nil || !e.steady() {
		return e
	}
	c := l.change()
	for out := w.around(e); out != nil; out = w.around(out) {
		if out.moves(c, w.now) || w.common(c) || beside(e) {
			e = out
		}
	}
	if l.test == bySilence || l.test == byEarly && !l.high {
		if log := w.beside(e, l, series.Source, 1); log != nil && log.quiet() {
			if gate := w.beside(e, l, series.Gateway, 2); gate != nil && gate.quiet() && w.several(series.Source) {
				return w.narrower(log, gate)
			}
			return log
		}
	}
	if inner := w.descend(e, l); inner != e {
		return inner
	}
	if e.key.Dimension != series.Whole {
		return e
	}
	for _, d := range [...]series.Dimension{series.Gateway, series.Source} {
		if side := w.beside(e, l, d, 2); side != nil {
			return side
		}
	}
	return e
}

// quiet tells whether nothing comes from a place.
func (e *entry) quiet() bool { return e.place.gap.Since > 0 || e.place.glimpse.Quiet > 0 }

// narrower is the source, or the gateway if more than that source of it is
// silent: which of its sources there are is not known, so the numbers tell.
func (w *Watch) narrower(log, gate *entry) *entry {
	if gate.place.usual() > 1.1*log.place.usual() {
		return gate
	}
	return log
}

func (p *place) usual() float64 { return float64(p.flows[fast][series.Requests].Usual) }

func (w *Watch) several(d series.Dimension) bool {
	n := 0
	for _, e := range w.places {
		if e.key.Dimension == d && e.place.usual() > 0 {
			n++
		}
	}
	return n > 1
}

// descend goes in for as long as one part carries most of a change.
func (w *Watch) descend(e *entry, l *look) *entry {
	for {
		best := w.mostOf(e, l, func(x *entry) bool { return w.inside(x, e) }, 1)
		if best == nil {
			return e
		}
		e = best
	}
}

// mostOf is the part that carries most of a place's change, if one does and
// there are so many of them. The change is what the place's model says, what
// its parts' models say, or what the look saw elsewhere: models of many
// requests get used to something sooner than those of few.
func (w *Watch) mostOf(e *entry, l *look, part func(*entry) bool, least int) *entry {
	best, most, all, n := (*entry)(nil), 0.0, 0.0, 0
	for _, x := range w.places {
		if !part(x) {
			continue
		}
		if x.place.usual() > 0 {
			n++
		}
		mine := math.Abs(w.excess(x, l))
		if all += mine; mine > most {
			best, most = x, mine
		}
	}
	all = math.Max(all, math.Max(math.Abs(w.excess(e, l)), math.Abs(w.excess(l.entry, l))))
	if n < least || all == 0 || most < carriesMost*all {
		return nil
	}
	return best
}

// inside tells whether a place is directly inside another one.
func (w *Watch) inside(x, e *entry) bool {
	switch x.key.Dimension {
	case series.API:
		return e.key.Dimension == series.Whole
	case series.Route:
		if e.key.Dimension == series.API {
			return x.key.API == e.key.Name
		}
		return e.key.Dimension == series.Whole && x.key.API == ""
	}
	return false
}

// beside is the gateway or source that carries most of a change, if there are
// so many of them.
func (w *Watch) beside(e *entry, l *look, d series.Dimension, least int) *entry {
	return w.mostOf(e, l, func(x *entry) bool { return x.key.Dimension == d }, least)
}

// excess is a place's part of what a look saw, a minute: by its model where it
// has looked at the same time, else by what is usual.
func (w *Watch) excess(e *entry, l *look) float64 {
	pace := min(l.pace, hourly)
	x := e.place.flows[pace][l.measure].excess(l.measure)
	if pace == hourly {
		x /= 60
	}
	if t := e.place.tracks[pace][l.measure]; t != nil && l.pace != daily && w.now+minute-t.At < t.length() {
		x = float64(t.Excess)
	}
	if x > 0 == l.high {
		return x
	}
	return 0
}

const (
	commonShare = 0.5 // of the series that move the same way: it is the whole that moves
	commonLeast = 8   // series
)

// common tells whether half of all APIs and routes are off in the same
// direction: on a holiday it is the day that is odd, not hundreds of routes.
func (w *Watch) common(c change) bool {
	if w.commonAt != w.now || w.commonOf != c {
		w.commonAt, w.commonOf, w.commonIs = w.now, c, w.countCommon(c)
	}
	return w.commonIs
}

func (w *Watch) countCommon(c change) bool {
	off, all := 0, 0
	for _, e := range w.places {
		if d := e.key.Dimension; d != series.API && d != series.Route {
			continue
		}
		if e.watched(c.Sort) {
			all++
			if e.moves(c, w.now) {
				off++
			}
		}
	}
	return all >= commonLeast && float64(off) >= math.Ceil(commonShare*float64(all))
}

// watched tells whether a place has a model of some measure of a sort.
func (e *entry) watched(s sort) bool {
	for m := range series.Measure(series.Measures) {
		if sortOf(m) == s && (e.place.tracks[fast][m] != nil || e.place.tracks[hourly][m] != nil) {
			return true
		}
	}
	return false
}
