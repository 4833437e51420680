package watch

import "math"

// A gap is how long a series has been silent, counted in what should have come
// meanwhile: a busy source is missed after seconds, one that comes once a day
// after a day.
type gap struct {
	Expected float64 // that did not come
	Since    int64   // when the silence began; 0 = it is not silent
	Most     float64 // that ever did not come in an ordinary silence
	Count    float64 // ordinary silences

	record record
}

// grow adds an interval in which nothing came.
func (g *gap) grow(start int64, expected float64) {
	if g.Since == 0 {
		g.Since = start
	}
	if expected > 0 {
		g.Expected += expected
	}
}

// end ends a silence, and learns from it how long they are. One is taken for
// twice as long as ever at most: an outage is no ordinary silence.
func (g *gap) end() {
	if g.Expected > 0.5 {
		g.Most = math.Max(g.Most, math.Min(g.Expected, 2*math.Max(1, g.Most)))
		g.Count++
	}
	g.Since, g.Expected = 0, 0
}

// fade forgets a day's worth.
func (g *gap) fade() {
	keep := math.Exp2(-1.0 / 30)
	g.Most *= keep
	g.Count *= keep
}

// chance is that of a silence as long as this one. Requests that come one by
// one are silent for as long as e^-expected; those that come together are
// silent for longer, by as much as the longest of n ordinary silences was
// longer than the longest of n that are exponential. Before there were any, it
// is taken for five times as long.
func (g *gap) chance() float64 {
	const unknown, until = 5, 10
	scale := math.Max(g.Most/math.Log(math.E+g.Count), unknown*until/(until+g.Count))
	return math.Exp(-g.Expected / math.Max(1, scale))
}

func (g *gap) code(c *coder) {
	c.float(&g.Expected)
	c.int(&g.Since)
	c.float(&g.Most)
	c.float(&g.Count)
	g.record.code(c)
}
