package baseline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTailIsCalibrated checks that an event which is told to happen once in a
// thousand times does.
func TestTailIsCalibrated(t *testing.T) {
	f := func(name string, draw func(r *rand.Rand) float64) {
		t.Helper()
		r, tail := rand.New(rand.NewPCG(1, 1)), NewTail(TailOptions{})
		var judged, hundred, thousand float64
		for i := range 200000 {
			p, ok := tail.Observe(draw(r))
			if !ok || i < 2000 {
				continue
			}
			judged++
			if p <= 1e-3 {
				hundred++
			}
			if p <= 1e-4 {
				thousand++
			}
		}
		if a, b := hundred/judged/1e-3, thousand/judged/1e-4; a < 0.5 || a > 2 || b < 0.4 || b > 2.5 {
			t.Errorf("%s: a claimed 1e-3 happened %.2f times as often, 1e-4 %.2f times", name, a, b)
		}
	}
	f("normal", func(r *rand.Rand) float64 { return r.NormFloat64() })
	f("exponential", func(r *rand.Rand) float64 { return r.ExpFloat64() })
	f("lognormal", func(r *rand.Rand) float64 { return math.Exp(8 + 1.5*r.NormFloat64()) })
	f("pareto", func(r *rand.Rand) float64 { return math.Pow(r.Float64(), -1/2.5) })
}

func TestTailLearnsFirst(t *testing.T) {
	tail := NewTail(TailOptions{WarmUp: 50})
	for i := range 50 {
		if p, ok := tail.Observe(float64(i)); ok || p != 1 {
			t.Fatalf("event %d: %g, %t while learning", i, p, ok)
		}
	}
	if p, ok := tail.Observe(1e6); !ok || p > 0.01 {
		t.Errorf("an event far out: %g, %t", p, ok)
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if p, ok := tail.Observe(x); ok || p != 1 {
			t.Errorf("%g: %g, %t", x, p, ok)
		}
	}
}

// TestTailIsMonotone checks that what is farther out is never more probable.
func TestTailIsMonotone(t *testing.T) {
	r, tail := rand.New(rand.NewPCG(2, 1)), NewTail(TailOptions{Memory: 500})
	for range 1700 {
		tail.Observe(math.Exp(2 * r.NormFloat64()))
	}
	before := 1.0
	for x := 0.01; x < 1e12; x *= 1.3 {
		p, ok := tail.Chance(x)
		if !ok || p > before || p <= 0 {
			t.Fatalf("%g is told %g, less far out %g", x, p, before)
		}
		before = p
	}
}

// TestTailKeepsTheLargest checks the kept events against all of them sorted.
func TestTailKeepsTheLargest(t *testing.T) {
	r, g, all := rand.New(rand.NewPCG(2, 1)), generation{}, []float32(nil)
	for range 1000 {
		x := float32(r.IntN(300))
		g.add(x)
		all = append(all, x)
	}
	slices.Sort(all)
	slices.Reverse(all)
	if !slices.Equal(g.Largest[:], all[:tailKept]) {
		t.Errorf("kept %v, want %v", g.Largest, all[:tailKept])
	}
}

func TestTailForgets(t *testing.T) {
	tail := NewTail(TailOptions{Memory: 200})
	for range 200 {
		tail.Observe(1000)
	}
	for i := range 500 {
		tail.Observe(float64(i % 7))
	}
	if p, _ := tail.Chance(1000); p > 1e-2 {
		t.Errorf("what was long ago is still told %g", p)
	}
}
