package baseline

import "math"

// short is how the next point follows from the last: the part of a deviation
// from the course that is still there one interval later.
type short struct {
	Before   float64 // the last deviation from the course
	Variance float64
	Together float64 // covariance of neighbours
}

const (
	shortMemory = 500
	shortClip   = 5 // scales
)

func (s *short) persistence() float64 {
	if s.Variance <= 0 {
		return 0
	}
	return max(0, min(1, s.Together/s.Variance))
}

func (s *short) expect(steps float64) float64 {
	phi := s.persistence()
	if steps > 1.5 {
		phi = math.Pow(phi, steps)
	}
	return s.Before * phi
}

func (s *short) learn(deviation, scale float64) {
	most := shortClip * scale
	if most <= 0 {
		most = math.Inf(1)
	}
	now, before := bound(deviation, most), bound(s.Before, most)
	s.Variance += (before*before - s.Variance) / shortMemory
	s.Together += (now*before - s.Together) / shortMemory
	s.Before = deviation
}
