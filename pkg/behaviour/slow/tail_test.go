package slow

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTailsAreCalibrated draws from what is said to be the same, and counts how
// often something is called rare.
func TestTailsAreCalibrated(t *testing.T) {
	f := func(name string, draw func(*rand.Rand) float64) {
		t.Helper()
		r := rand.New(rand.NewPCG(3, 4))
		const rounds, peers, looks = 300, 400, 100
		rare := 0
		for range rounds {
			values := make([]float64, peers)
			for i := range values {
				values[i] = draw(r)
			}
			tail := tailOf(values)
			for range looks {
				if tail.above(draw(r)) <= 1e-3 {
					rare++
				}
			}
		}
		got := float64(rare) / (rounds * looks)
		t.Logf("%s: claimed 1 in 1000, was %.2f in 1000", name, 1000*got)
		if got > 2.5e-3 {
			t.Errorf("%s: claimed 1 in 1000, was %.2f in 1000", name, 1000*got)
		}
	}
	f("lognormal", func(r *rand.Rand) float64 { return math.Exp(1.5 * r.NormFloat64()) })
	f("pareto", func(r *rand.Rand) float64 { return math.Pow(1-r.Float64(), -0.8) })
	f("counts", func(r *rand.Rand) float64 { return 1 + math.Floor(20*r.ExpFloat64()) })
}

// A few culprits do not hide each other.
func TestTailHoldsWithCulpritsInIt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var values []float64
	for range 300 {
		values = append(values, math.Exp(r.NormFloat64()))
	}
	clean := tailOf(values)
	const huge = 500
	dirty := tailOf(append(values, huge, huge, huge, huge, huge, huge))
	if p, q := clean.above(huge), dirty.above(huge); p > 1e-4 || q > 1e-3 {
		t.Errorf("alone it is %.2g, in company %.2g", p, q)
	}
	few := tailOf([]float64{1, 2, 3})
	if few.above(1000) != 1 || few.upper() != 0 || few.median() != 2 {
		t.Errorf("three peers: %g, %g, %g", few.above(1000), few.upper(), few.median())
	}
}

func TestBinomial(t *testing.T) {
	f := func(k, n int, p, want float64) {
		t.Helper()
		if got := binomial(k, n, p); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d of %d by %g is %g, want %g", k, n, p, got, want)
		}
	}
	f(0, 5, 0.1, 1)
	f(6, 5, 0.1, 0)
	f(1, 2, 0.5, 0.75)
	f(3, 3, 0.1, 0.001)
}
