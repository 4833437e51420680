package baseline

import "slices"

// Prior is what is thought of a series before its first points: the level,
// the scale and the last days of the group that it belongs to. It must be of
// the same kind and interval as the series.
type Prior struct {
	transform transform
	course    course
	short     short
	slow      spread
	fast      spread
	days      days
	interval  int64
}

const priorFaith = 8 // points that a prior is worth

// Lend is what the model thinks of its series, for those of its group that are
// new; nil while it is learning itself.
func (m *Model) Lend() *Prior {
	if m.learning() {
		return nil
	}
	p := &Prior{
		transform: m.transform, course: m.course, short: m.short, slow: m.slow, fast: m.fast,
		days: m.days, interval: m.clock.Interval,
	}
	p.days.Codes = slices.Clone(m.days.Codes)
	return p
}

// borrow takes a prior for what the model would have thought after a few
// points of its own.
func (m *Model) borrow(p *Prior) {
	if p == nil || p.transform.kind != m.options.Kind {
		return
	}
	m.transform, m.course, m.short, m.faith = p.transform, p.course, p.short, priorFaith
	m.slow, m.fast = p.slow.faint(), p.fast.faint()
	m.course.Foretold = [ways]float64{priorFaith, 0, 0}
	m.short.Before = 0
	if m.clock.Interval == p.interval && p.days.Period != 0 {
		m.days = p.days
		m.days.Codes = slices.Clone(p.days.Codes)
	}
}

// faint is a spread of which little is believed.
func (s spread) faint() spread {
	s.Seen, s.Some = min(s.Seen, priorFaith), min(s.Some, priorFaith)
	return s
}
