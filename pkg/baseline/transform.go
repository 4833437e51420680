package baseline

import "math"

// transform makes of a value one whose deviations are about as large wherever
// it is: the square root of a count, the logarithm of what has a heavy tail,
// the arcsine of a share. Models work on that, and answer in the value's unit.
type transform struct {
	kind  Kind
	Least float64 // of Positive: what is smaller is as small; 0 = not known yet
}

const (
	hugest     = 1e150 // so that squares are still numbers
	shareFaith = 10    // requests: what the expectation of a share counts
	leastPart  = 1e-3  // of the first value of a Positive
)

// to is the model's value of a point, where back(next) is expected.
func (t *transform) to(p Point, next float64) float64 {
	x := bound(p.Value, hugest)
	switch t.kind {
	case Count:
		return 2 * math.Sqrt(max(0, x)+0.375)
	case Positive:
		if t.Least == 0 && x > 0 {
			t.Least = leastPart * x
		}
		if t.Least == 0 || x <= t.Least {
			return 0
		}
		return math.Log(x / t.Least)
	case Share:
		n := weightOf(p)
		x = max(0, min(1, x))
		if !math.IsNaN(next) {
			x = (x*n + t.back(next)*shareFaith) / (n + shareFaith)
		}
		return math.Asin(math.Sqrt(x))
	}
	return x
}

// back is the value of a model's value.
func (t *transform) back(y float64) float64 {
	switch t.kind {
	case Count:
		return max(0, y*math.Abs(y)/4-0.375)
	case Positive:
		return t.Least * math.Exp(min(y, 300))
	case Share:
		s := math.Sin(max(0, min(math.Pi/2, y)))
		return s * s
	}
	return y
}

func weightOf(p Point) float64 {
	if p.Weight > 0 {
		return min(p.Weight, mostCounted)
	}
	return 1
}

func bound(x, most float64) float64 { return max(-most, min(most, x)) }
