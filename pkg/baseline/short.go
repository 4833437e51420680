package baseline

import "math"

// short is how the next point follows from the last: the part of a deviation
// from the course that is still there one interval later.
type short struct {
	Before   float64 // the last deviation from the course, in its unit
	Variance float64
	Together float64 // covariance of neighbours
}

const shortMemory = 500

func (s *short) persistence() float64 {
	if s.Variance <= 0 {
		return 0
	}
	return math.Max(0, math.Min(1, s.Together/s.Variance))
}

func (s *short) expect(steps float64) float64 {
	phi := s.persistence()
	if steps > 1.5 {
		phi = math.Pow(phi, steps)
	}
	return s.Before * phi
}

func (s *short) learn(d deviation, e estimate) {
	most := 5 * e.slow
	if most <= 0 {
		most = math.Inf(1)
	}
	now, before := bound(d.slow, most), bound(s.Before, most)
	s.Variance += (before*before - s.Variance) / shortMemory
	s.Together += (now*before - s.Together) / shortMemory
	s.Before = d.slow
}

func (s *short) shifted(by float64) { s.Before -= by }

func bound(x, most float64) float64 { return math.Max(-most, math.Min(most, x)) }
