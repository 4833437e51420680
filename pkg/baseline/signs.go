package baseline

import "math"

// The signs by which a point may be unusual. Each has a tail of its own: how
// far out it was how often, in the model's unit, so that what a series does
// now and then is ordinary for it.
const (
	high = iota // the value itself, whenever it is
	low
	jump // from what follows from the last points
	fall
	wild // the mean of the last such deviations
	calm
	over // the mean of the last deviations from the course
	under
	unseen // the distance to what was about this time on the last days
	kinds
)

const (
	signWarmUp   = 24 // points
	recent       = 16 // points whose deviations are averaged
	recentUnseen = 8
)

// signs are how far out a point is in each of the ways.
type signs [kinds]float64

// memory is what the signs of the next point rest on.
type memory struct {
	Deviations [recent]float32 // sizes of the last
	Distances  [recentUnseen]float32
	Courses    [recentUnseen]float32
	At, Here   uint32
}

// look tells the signs of a point: its value, its deviation from what was
// expected and its distance to what was seen before (NaN where nothing was).
func (m *memory) look(y, course, off, distance float64) signs {
	lasting := meanWith(m.Courses[:], m.At, y-course)
	off1 := meanWith(m.Deviations[:], m.At, math.Abs(off))
	if !math.IsNaN(distance) {
		distance = meanWith(m.Distances[:], m.Here, distance)
	}
	return signs{high: y, low: -y, jump: off, fall: -off, wild: off1, calm: -off1, over: lasting, under: -lasting, unseen: distance}
}

// gradual tells whether the last points were off from the course by half as
// much as this one at least, on the same side.
func (m *memory) gradual(off float64) bool {
	sum := 0.0
	for _, v := range m.Courses {
		sum += float64(v)
	}
	return sum*off > 0 && math.Abs(sum) > math.Abs(off)*float64(len(m.Courses))/2
}

// meanWith is the mean of a ring, of which x takes the oldest one's place.
func meanWith(ring []float32, at uint32, x float64) float64 {
	sum := x - float64(ring[at%uint32(len(ring))])
	for _, v := range ring {
		sum += float64(v)
	}
	return sum / float64(len(ring))
}

func (m *memory) learn(course, off, distance float64) {
	m.Courses[m.At%recentUnseen] = float32(bound(course, math.MaxFloat32))
	m.Deviations[m.At%recent] = float32(min(math.Abs(off), math.MaxFloat32))
	m.At++
	if !math.IsNaN(distance) {
		m.Distances[m.Here%recentUnseen] = float32(min(distance, math.MaxFloat32))
		m.Here++
	}
}
