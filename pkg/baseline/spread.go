package baseline

import "math"

// spread is how far from what was expected a series usually is: from its
// course, from what follows from the last point, and at which time of the day
// more than at others.
type spread struct {
	Slow, Fast  scale
	Ratios      [spreadSlots]float32 // 0 = nothing seen then
	Least, Most float64              // of the deviations
}

const (
	spreadSlots  = 24
	spreadMemory = 400
	ratioMemory  = 60
)

// A scale is the mean of deviations without the farthest.
type scale struct {
	Mean float64
	Step float64 // mean logarithm of those that are not zero
	Seen float64
	Not  float64 // zero seen
}

func (s *scale) scale() float64 {
	if s.Not == 0 {
		return 0
	}
	return math.Max(s.Mean, 0.2*math.Exp(s.Step))
}

func (s *scale) learn(off, nothing float64) {
	off = math.Abs(off)
	s.Seen = math.Min(s.Seen+1, spreadMemory)
	now := s.scale()
	if now > 0 && s.Seen > 16 {
		s.Mean += (math.Min(off, 4*now) - s.Mean) / s.Seen
	} else {
		s.Mean += (off - s.Mean) / s.Seen
	}
	if off > nothing {
		s.Not = math.Min(s.Not+1, spreadMemory)
		s.Step += (math.Log(off) - s.Step) / s.Not
	}
}

func (s *spread) ratio(at slots) float64 {
	if r := s.Ratios[at.hour]; r > 0 {
		return float64(r)
	}
	return 1
}

func (s *spread) learn(at slots, d deviation, e estimate, seen int64) {
	s.Least, s.Most = math.Min(s.Least, d.slow), math.Max(s.Most, d.slow)
	ratio := s.ratio(at)
	nothing := 1e-6 * (s.Most - s.Least)
	s.Slow.learn(d.slow/ratio, nothing)
	s.Fast.learn(d.fast/ratio, nothing)
	if seen > 48 && e.fast > 0 {
		far := math.Min(4, math.Abs(d.zFast)) // 1 on average
		r := ratio * (1 + (far-1)/ratioMemory)
		s.Ratios[at.hour] = float32(math.Max(0.2, math.Min(5, r)))
	}
}
