package baseline

import (
	"math"
	"slices"
)

// Model is what is known of one series. It is not safe for concurrent use.
type Model struct {
	options Options
	modelState
	clock  clock
	days   days
	judges judges
}

// modelState is what is kept as it is.
type modelState struct {
	transform   transform
	course      course
	short       short
	slow, fast  spread // of deviations from the course, and from what follows from the last point
	above       margin
	below       margin
	memory      memory
	tally       tally
	story       story
	seen, faith float64
}

const (
	defaultWarmUp = 36
	unusual       = 0.02 // a claim below which a point is part of an anomaly
)

// New makes the model of a series of which nothing was seen.
func New(o Options) *Model {
	if o.WarmUp <= 0 {
		o.WarmUp = defaultWarmUp
	}
	m := &Model{options: o, clock: newClock(o)}
	m.transform.kind = o.Kind
	m.judges.prepare()
	m.borrow(o.Prior)
	return m
}

// Clone is a model that knows the same, and goes its own way.
func (m *Model) Clone() *Model {
	other := *m
	other.days.Codes = slices.Clone(m.days.Codes)
	return &other
}

func (m *Model) learning() bool { return m.seen <= float64(m.options.WarmUp) }

// Observe judges a point by those before it, and learns from it.
func (m *Model) Observe(p Point) Verdict {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return m.gap(p.Time)
	}
	steps := m.clock.tick(p.Time)
	local := m.clock.local(p.Time)
	e := m.estimate(local, steps)
	y := m.transform.to(p, e.next)
	if m.seen == 0 && m.faith == 0 {
		m.course.Level = y
		e = m.estimate(local, steps)
	}
	m.seen++
	distance, ok := m.days.nearest(local, y)
	if !ok {
		distance = math.NaN()
	}
	signs := m.memory.look(y, e.course, e.off(y), distance)
	v, c := m.judge(p, y, e, &signs)
	if !m.story.fresh() || c.claim > unusual || int64(m.seen)%2 == 0 {
		m.judges.learn(&signs, &c, m.seen > signWarmUp)
	}
	m.learn(p, y, local, e, distance)
	return v
}

// gap is the verdict on what is no number.
func (m *Model) gap(t int64) Verdict {
	v := learning()
	if !m.learning() {
		v.Learning = false
		v.Expected, v.Lower, v.Upper, _ = m.Expect(t)
	}
	return v
}

// Expect tells what would be normal at a time, and within which bounds all but
// one in a hundred are. It is not ok while the model is learning.
func (m *Model) Expect(t int64) (expected, lower, upper float64, ok bool) {
	if m.learning() {
		return math.NaN(), math.NaN(), math.NaN(), false
	}
	e := m.estimate(m.clock.local(t), m.clock.stepsTo(t))
	lower, upper = m.bounds(&e)
	return m.transform.back(e.held), lower, upper, true
}

// An estimate is what is expected of the next point.
type estimate struct {
	ways   foresight
	course float64 // by the way that is believed
	next   float64 // by what the last points were, too
	held   float64 // by what they were before an anomaly; next where none lasts
}

func (m *Model) estimate(local int64, steps float64) estimate {
	e := estimate{ways: m.course.foresee(&m.days, local)}
	e.course = m.course.expect(&e.ways)
	e.next = e.course + m.short.expect(steps)
	if e.held = e.next; m.story.Active {
		e.held = e.course + m.story.Held
	}
	return e
}

// off is how far a value is from what was expected. What was ordinary before
// an anomaly still is.
func (e *estimate) off(y float64) float64 {
	off := y - e.next
	if held := y - e.held; math.Abs(held) < math.Abs(off) {
		return held
	}
	return off
}

func (m *Model) bounds(e *estimate) (lower, upper float64) {
	scale := m.fast.scale()
	return m.transform.back(e.held - scale*m.below.scales()), m.transform.back(e.held + scale*m.above.scales())
}

func (m *Model) judge(p Point, y float64, e estimate, s *signs) (Verdict, surprise) {
	expected := m.transform.back(e.held)
	c := m.judges.weigh(s)
	floor := 0.0
	if c.claim < ordinary {
		floor = m.floor(p, expected)
	}
	m.judges.calibrate(&c, floor)
	c.gradual = m.memory.gradual(y - e.course)
	v := learning()
	if m.learning() {
		return v, c
	}
	v = Verdict{Expected: expected, High: y > e.held, Tail: c.chance}
	v.Lower, v.Upper = m.bounds(&e)
	was := m.story.Active
	if m.story.tell(&v, p, &c, m.clock.points()); !was {
		m.story.Held = e.next - e.course
	}
	return v, c
}

func (m *Model) learn(p Point, y float64, local int64, e estimate, distance float64) {
	if m.days.Period == 0 && m.clock.Interval > 0 {
		m.days.lay(m.clock.Interval)
	}
	slow, fast := m.slow.scale(), m.fast.scale()
	off := e.off(y)
	if fast > 0 {
		m.above.learn(off / fast)
		m.below.learn(-off / fast)
	}
	m.count(p, m.transform.back(e.held))
	m.memory.learn(y-e.course, off, distance)
	m.short.learn(y-e.course, slow)
	m.slow.learn(y - e.course)
	m.fast.learn(off)
	m.days.learn(local, y, slow)
	m.course.learn(y, &e.ways, slow, m.seen+m.faith, m.clock.points())
	if m.days.whole() {
		m.judges.Tails[unseen].forget()
	}
	m.short.Before = y - m.course.expect(&e.ways)
}
