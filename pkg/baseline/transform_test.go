package baseline

import (
	"math"
	"testing"
)

func TestTransformsComeBack(t *testing.T) {
	f := func(kind Kind, values ...float64) {
		t.Helper()
		tr := transform{kind: kind}
		for _, x := range values {
			y := tr.to(Point{Value: x, Weight: 100}, math.NaN())
			if got := tr.back(y); math.Abs(got-x) > 1e-9*(1+math.Abs(x)) {
				t.Errorf("kind %d: %g came back as %g", kind, x, got)
			}
		}
	}
	f(Gauge, 0, -5, 1e9, -0.001)
	f(Count, 0, 1, 7, 1e6)
	f(Share, 0, 1, 0.5, 0.001)
	f(Positive, 0.2, 5, 3000)
}

// TestSmallSharesAreHeld checks that a share of few requests is moved towards
// what is expected, and one of many is not.
func TestSmallSharesAreHeld(t *testing.T) {
	tr := transform{kind: Share}
	expected := tr.to(Point{Value: 0.1, Weight: 1e6}, math.NaN())
	few := tr.back(tr.to(Point{Value: 1, Weight: 1}, expected))
	many := tr.back(tr.to(Point{Value: 1, Weight: 1e6}, expected))
	if few > 0.2 || many < 0.999 {
		t.Errorf("one of one is taken for %g, a million of a million for %g", few, many)
	}
}
