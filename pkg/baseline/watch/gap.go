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
	// Clean is on how many days in a row there was none: what comes like
	// clockwork has no ordinary silences to learn from.
	Clean  int32
	Paused bool // there was one today
	// Ahead is what was expected a minute of each quarter of the hour to come
	// when the silence of a clockwork began, if Held: models get used to it
	// within minutes.
	Ahead [4]float32
	Held  bool

	record record
}

const aheadStep = 15 * minute

// hold notes what is expected of a silence that begins, if there never is one.
func (g *gap) hold(start int64, expect func(at int64) float64) {
	if g.Since = start; g.Clean == 0 {
		return
	}
	g.Held = true
	for i := range g.Ahead {
		g.Ahead[i] = float32(expect(start + int64(i)*aheadStep))
	}
}

// ahead is what was expected of a minute when the silence began; false for one
// that is too far from there, and where the model is to be asked.
func (g *gap) ahead(at int64) (expected float64, ok bool) {
	i := (at - g.Since) / aheadStep
	if !g.Held || i < 0 || i >= int64(len(g.Ahead)) {
		return 0, false
	}
	return float64(g.Ahead[i]), true
}

// grow adds an interval in which nothing came.
func (g *gap) grow(start int64, expected float64) {
	if g.Since == 0 {
		g.Since = start
	}
	if expected > 0 {
		g.Expected += expected
	}
	g.Paused = true
}

// end ends a silence, and learns from it how long they are. One is taken for
// twice as long as ever at most: an outage is no ordinary silence.
func (g *gap) end() {
	if g.Expected > 0.5 {
		g.Most = math.Max(g.Most, math.Min(g.Expected, 2*math.Max(1, g.Most)))
		g.Count++
	}
	g.Since, g.Expected, g.Held = 0, 0, false
}

// fade ends a day, and forgets a day's worth. watched: it was looked at in each
// minute.
func (g *gap) fade(watched bool) {
	keep := math.Exp2(-1.0 / 30)
	g.Most *= keep
	g.Count *= keep
	g.Clean++
	if g.Paused || !watched {
		g.Clean = 0
	}
	g.Paused = false
}

// chance is that of a silence as long as this one. Requests that come one by
// one are silent for as long as e^-expected; those that come together are
// silent for longer, by as much as the longest of n ordinary silences was
// longer than the longest of n that are exponential. Before there were any, it
// is taken for five times as long; a day without one counts as one.
func (g *gap) chance() float64 {
	const unknown, until = 5, 10
	known := math.Max(g.Count, math.Min(float64(g.Clean), until))
	scale := math.Max(g.Most/math.Log(math.E+g.Count), unknown*until/(until+known))
	return math.Exp(-g.Expected / math.Max(1, scale))
}

func (g *gap) code(c *coder) {
	c.float(&g.Expected)
	c.int(&g.Since)
	c.float(&g.Most)
	c.float(&g.Count)
	whole(c, &g.Clean)
	c.flag(&g.Paused)
	c.smalls(g.Ahead[:])
	c.flag(&g.Held)
	g.record.code(c)
}
