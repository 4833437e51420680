package baseline

import (
	"math"
)

// Model is what is known of one series. It is not safe for concurrent use.
type Model struct {
	options Options
	clock   clock
	courses courses
	short   short
	spread  spread
	windows windows
	marks   marks
	story   story
	seen    int64
}

const defaultWarmUp = 48

// New makes the model of a series of which nothing was seen.
func New(o Options) *Model {
	if o.WarmUp <= 0 {
		o.WarmUp = defaultWarmUp
	}
	return &Model{options: o, clock: newClock(o)}
}

// Observe judges a point by those before it, and learns from it.
func (m *Model) Observe(p Point) Verdict {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return m.gap(p.Time)
	}
	steps := m.clock.tick(p.Time)
	m.seen++
	m.courses.prepare(&m.clock, p.Value, m.seen)
	slots := m.courses.slots(&m.clock, p.Time)
	e := m.estimate(slots, steps)
	d := m.deviate(p.Value, e)
	v := learning()
	if m.seen > int64(m.options.WarmUp) {
		v = m.judge(p, e, d)
	}
	m.learn(p.Value, slots, e, d)
	return v
}

func (m *Model) gap(t int64) Verdict {
	v := learning()
	if m.seen > int64(m.options.WarmUp) {
		v.Learning = false
		v.Expected, v.Lower, v.Upper, _ = m.Expect(t)
	}
	return v
}

// Expect tells what would be normal at a time, and within which bounds. It is
// not ok while the model is learning.
func (m *Model) Expect(t int64) (expected, lower, upper float64, ok bool) {
	if m.seen <= int64(m.options.WarmUp) {
		return math.NaN(), math.NaN(), math.NaN(), false
	}
	e := m.estimate(m.courses.slots(&m.clock, t), m.clock.stepsTo(t))
	lower, upper = m.bounds(e)
	return e.next, lower, upper, true
}

// An estimate is what is expected of the next point.
type estimate struct {
	course float64 // by level and season alone
	next   float64 // by what the last points were, too
	slow   float64 // scale of deviations from course
	fast   float64 // scale of deviations from next
}

func (m *Model) estimate(s slots, steps float64) estimate {
	ratio := m.spread.ratio(s)
	course := m.courses.expect(s)
	return estimate{
		course: course,
		next:   course + m.short.expect(steps),
		slow:   m.spread.Slow.scale() * ratio,
		fast:   m.spread.Fast.scale() * ratio,
	}
}

// A deviation is how far a point is from what was expected, in its unit and
// in scales.
type deviation struct {
	slow, fast   float64
	zSlow, zFast float64
}

func (m *Model) deviate(x float64, e estimate) deviation {
	d := deviation{slow: x - e.course, fast: x - e.next}
	d.zSlow, d.zFast = standard(d.slow, e.slow), standard(d.fast, e.fast)
	return d
}

const farthest = 1e6 // scales: what is farther out is as far

func standard(deviation, scale float64) float64 {
	if deviation == 0 {
		return 0
	}
	return math.Max(-farthest, math.Min(farthest, deviation/scale))
}

func (m *Model) bounds(e estimate) (lower, upper float64) {
	return e.next - e.fast*m.marks.Below, e.next + e.fast*m.marks.Above
}

func (m *Model) judge(p Point, e estimate, d deviation) Verdict {
	v := Verdict{Expected: e.next, High: d.fast+d.slow > 0}
	v.Lower, v.Upper = m.bounds(e)
	signs := m.windows.look(d)
	c := m.marks.weigh(signs)
	v.Tail = c.chance
	m.story.tell(&v, p, c, signs)
	return v
}

func (m *Model) learn(x float64, s slots, e estimate, d deviation) {
	weight := m.story.trust()
	if m.seen > int64(m.options.WarmUp)/2 {
		m.marks.count(m.windows.look(d), weight)
	}
	m.windows.learn(d)
	m.short.learn(d, e)
	m.spread.learn(s, d, e, m.seen)
	shift := m.courses.learn(x, s, e, m.seen)
	m.short.shifted(shift)
	m.windows.shifted(shift, e)
}
