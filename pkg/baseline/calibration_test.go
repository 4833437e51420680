package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A source makes the points of a stationary series, one after the other.
type source func(r *rand.Rand, i int) float64

func gamma(r *rand.Rand, shape float64) float64 {
	d := shape - 1./3 // Marsaglia and Tsang, for shapes of at least one
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func poisson(r *rand.Rand, mean float64) float64 {
	n, left := 0., mean
	for {
		if left -= r.ExpFloat64(); left < 0 {
			return n
		}
		n++
	}
}

func studentT3(r *rand.Rand) float64 {
	a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
	return r.NormFloat64() / math.Sqrt((a*a+b*b+c*c)/3)
}

func autoregressive(phi float64) source {
	last := 0.
	return func(r *rand.Rand, _ int) float64 {
		last = phi*last + r.NormFloat64()
		return last
	}
}

// daySine is a course of the day for points every five minutes.
func daySine(i int) float64 { return math.Sin(2 * math.Pi * float64(i) / 288) }

// fiveMinutes is when the i-th of points every five minutes is.
func fiveMinutes(i int) int64 {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixNano() + int64(i)*int64(5*time.Minute)
}

// TestCalibration checks that a claimed chance happens about that often on
// series in which nothing is the matter.
func TestCalibration(t *testing.T) {
	const points, settle, runs = 12000, 2000, 6
	f := func(name string, o Options, make func() source) {
		t.Helper()
		var hundred, thousand, judged, told float64
		for seed := range uint64(runs) {
			r, m, next := rand.New(rand.NewPCG(seed, 7)), New(o), make()
			for i := range points {
				v := m.Observe(Point{Time: fiveMinutes(i), Value: next(r, i)})
				if i < settle {
					continue
				}
				judged++
				if v.Tail <= 1e-2 {
					hundred++
				}
				if v.Tail <= 1e-3 {
					thousand++
				}
				if v.Anomalous {
					told++
				}
			}
		}
		t.Logf("%-24s 1e-2: %.2f  1e-3: %.2f  told per 1,000: %.3f", name, hundred/judged*1e2, thousand/judged*1e3, told/judged*1e3)
		for claim, seen := range map[float64]float64{1e-2: hundred / judged, 1e-3: thousand / judged} {
			if seen < claim/2.2 || seen > claim*2.2 {
				t.Errorf("%s: a claimed %g happened %g of the time", name, claim, seen)
			}
		}
		if told/judged > 1e-3 {
			t.Errorf("%s: %g anomalies in a thousand points in which nothing is the matter", name, told/judged*1e3)
		}
	}
	plain := func(s source) func() source { return func() source { return s } }
	f("normal", Options{}, plain(func(r *rand.Rand, _ int) float64 { return r.NormFloat64() }))
	f("lognormal", Options{}, plain(func(r *rand.Rand, _ int) float64 { return math.Exp(r.NormFloat64()) }))
	f("lognormal, positive", Options{Kind: Positive}, plain(func(r *rand.Rand, _ int) float64 { return math.Exp(r.NormFloat64()) }))
	f("heavy tails", Options{}, plain(func(r *rand.Rand, _ int) float64 { return studentT3(r) }))
	f("poisson 3", Options{Kind: Count}, plain(func(r *rand.Rand, _ int) float64 { return poisson(r, 3) }))
	f("poisson 200", Options{Kind: Count}, plain(func(r *rand.Rand, _ int) float64 { return poisson(r, 200) }))
	f("negative binomial", Options{Kind: Count}, plain(func(r *rand.Rand, _ int) float64 { return poisson(r, 10*gamma(r, 2)) }))
	f("day", Options{}, plain(func(r *rand.Rand, i int) float64 { return 10*daySine(i) + r.NormFloat64() }))
	f("day of counts", Options{Kind: Count}, plain(func(r *rand.Rand, i int) float64 { return poisson(r, 50+40*daySine(i)) }))
	f("autoregressive", Options{}, func() source { return autoregressive(0.5) })
}
