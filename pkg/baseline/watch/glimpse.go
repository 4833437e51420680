package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A glimpse is the little that can be said of a place of which nothing was
// learnt yet: that there were never nearly as many requests in a minute, and
// that it has suddenly become silent.
type glimpse struct {
	Most    float64 // requests of the busiest minute
	Quiet   float64 // minutes without a request, up to now
	Longest float64 // the longest time without one
	Before  float64 // requests a minute before it became quiet
	Told    int64   // when the last one was told; 0 = never
}

const (
	glimpseFrom    = 4 * hour
	glimpseFactor  = 10.0  // times as many as in any minute before, or as long as ever
	glimpseLeast   = 100.0 // requests in a minute
	glimpseBusy    = 10.0  // requests a minute before a silence
	glimpseSilence = 15.0  // minutes
)

// glimpse looks at a place before anything was learnt of it.
func (w *Watch) glimpse(e *entry, answered float64) {
	g := &e.place.glimpse
	age := w.now - e.born
	if age >= glimpseFrom && age < w.learning(fast) && e.key.Dimension <= series.API {
		l := look{
			entry: e, measure: series.Requests, test: byEarly, claimed: float64(minute) / float64(age),
			seen: answered, step: minute, since: w.now,
		}
		switch {
		case g.bursts(answered) && w.now-g.Told >= day:
			l.high, l.expected, l.upper = true, e.place.Lately, g.Most
			w.found(l)
		case answered == 0 && g.silent() && (w.now-g.Told >= day || g.began(w.now) < g.Told):
			l.since, l.step = g.began(w.now), w.now+minute-g.began(w.now)
			l.expected = g.Before * float64(l.step/minute)
			l.upper = l.expected
			w.found(l)
		}
	}
	g.learn(answered, e.place.Lately)
}

func (g *glimpse) bursts(answered float64) bool {
	return answered >= glimpseLeast && answered >= glimpseFactor*g.Most
}

func (g *glimpse) silent() bool {
	return g.Quiet >= glimpseSilence && g.Quiet >= glimpseFactor*g.Longest && g.Before >= glimpseBusy
}

// began is when the silence did.
func (g *glimpse) began(now int64) int64 { return now - int64(g.Quiet)*minute }

func (g *glimpse) learn(answered, lately float64) {
	g.Most = math.Max(g.Most, answered)
	if answered > 0 {
		g.Longest, g.Quiet = math.Max(g.Longest, g.Quiet), 0
		return
	}
	if g.Quiet == 0 {
		g.Before = lately
	}
	g.Quiet++
}

func (g *glimpse) code(c *coder) {
	for _, v := range []*float64{&g.Most, &g.Quiet, &g.Longest, &g.Before} {
		c.float(v)
	}
	c.int(&g.Told)
}
