package baseline

import "math"

// A spread is how far something usually is from what was expected: the mean of
// deviations without the farthest.
type spread struct {
	Mean float64
	Step float64 // mean logarithm of those that are something
	Seen float64
	Some float64 // deviations that are something
	Most float64
}

const (
	spreadMemory = 4000
	leastStep    = 0.2  // of a usual step: a spread is not less, however calm it was
	nothing      = 1e-6 // of the largest deviation: rounding
)

func (s *spread) scale() float64 {
	if s.Some == 0 {
		return 0
	}
	return max(s.Mean, leastStep*math.Exp(s.Step))
}

func (s *spread) learn(off float64) {
	off = math.Abs(off)
	s.Most = max(s.Most, off)
	s.Seen = min(s.Seen+1, spreadMemory)
	now := s.scale()
	if now > 0 && s.Seen > 16 {
		s.Mean += (min(off, 4*now) - s.Mean) / s.Seen
	} else {
		s.Mean += (off - s.Mean) / s.Seen
	}
	if off > nothing*s.Most {
		s.Some = min(s.Some+1, spreadMemory)
		s.Step += (math.Log(off) - s.Step) / s.Some
	}
}

// A margin is how many scales all but a few deviations are within.
type margin struct{ Scales float64 }

const (
	outside    = 0.005 // of the points on each side
	marginPace = 0.02
)

func (m *margin) scales() float64 {
	if m.Scales == 0 {
		return 4
	}
	return m.Scales
}

func (m *margin) learn(z float64) {
	now := m.scales()
	if z > now {
		now *= 1 + marginPace
	} else {
		now *= 1 - marginPace*outside
	}
	m.Scales = max(1, now)
}
