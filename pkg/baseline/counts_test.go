package baseline

import (
	"math"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9+1e-6*math.Abs(b) }

// TestCountTail checks tails against sums of the laws' terms.
func TestCountTail(t *testing.T) {
	sum := func(from, to int, term func(k float64) float64) float64 {
		s := 0.0
		for k := from; k <= to; k++ {
			s += term(float64(k))
		}
		return s
	}
	lgamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	f := func(x, mean, factor float64) {
		t.Helper()
		term := func(k float64) float64 { return math.Exp(k*math.Log(mean) - mean - lgamma(k+1)) }
		if factor > 1 {
			size := mean / (factor - 1)
			term = func(k float64) float64 {
				return math.Exp(lgamma(k+size) - lgamma(size) - lgamma(k+1) - size*math.Log(factor) + k*math.Log(1-1/factor))
			}
		}
		want := sum(0, int(x), term)
		if x > mean {
			want = sum(int(x), 2000, term)
		}
		if got := countTail(x, mean, factor); !near(got, want) {
			t.Errorf("%g of %g (factor %g): %g, want %g", x, mean, factor, got, want)
		}
	}
	f(0, 3, 1)
	f(12, 3, 1)
	f(40, 60, 1)
	f(90, 60, 1)
	f(0, 3, 4)
	f(30, 3, 4)
	f(200, 60, 8)
}

func TestShareTail(t *testing.T) {
	choose := func(n, k float64) float64 {
		a, _ := math.Lgamma(n + 1)
		b, _ := math.Lgamma(k + 1)
		c, _ := math.Lgamma(n - k + 1)
		return math.Exp(a - b - c)
	}
	f := func(k, n, part float64) {
		t.Helper()
		want := 0.0
		for i := 0.0; i <= n; i++ {
			if (k > n*part && i >= k) || (k <= n*part && i <= k) {
				want += choose(n, i) * math.Pow(part, i) * math.Pow(1-part, n-i)
			}
		}
		if got := shareTail(k, n, part, 1); !near(got, want) {
			t.Errorf("%g of %g at %g: %g, want %g", k, n, part, got, want)
		}
	}
	f(3, 20, 0.05)
	f(0, 20, 0.3)
	f(20, 20, 0.9)
	f(1, 2, 0.01)
	for _, part := range []float64{0, 1} {
		if got := shareTail(5, 5, part, 3); !(got >= 0 && got <= 1) {
			t.Errorf("all of five where %g is expected: %g", part, got)
		}
	}
}
