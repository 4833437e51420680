package baseline

import (
	"math/rand/v2"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	began = 12*288 + 150 // of what is planted, in the thirteenth day
	ended = 14 * 288
)

// A telling is what is told of a planted anomaly.
type telling struct {
	after   int // points until it was first told; -1 = never
	shapes  map[finding.Shape]bool
	high    bool
	alarms  int // in it
	earlier int // from the fifth day on until it began
	last    Verdict
}

func plant(o Options, p plan) telling {
	t := telling{after: -1, shapes: map[finding.Shape]bool{}}
	follow(o, ended, p, func(i int, v Verdict) {
		switch {
		case i < began && i >= 5*288 && v.Anomalous:
			t.earlier++
		case i >= began && v.Anomalous:
			if t.alarms++; t.after < 0 {
				t.after, t.high = i-began, v.High
			}
		}
		if i >= began && v.Shape != "" {
			t.shapes[v.Shape] = true
		}
		t.last = v
	})
	return t
}

// TestPlantedShapes checks that each shape is found, how soon, as what, and
// with how few alarms.
func TestPlantedShapes(t *testing.T) {
	f := func(name string, o Options, shape finding.Shape, high bool, within int, p plan) {
		t.Helper()
		got := plant(o, p)
		if got.after < 0 || got.after > within {
			t.Errorf("%s: told after %d points, want within %d", name, got.after, within)
			return
		}
		if !got.shapes[shape] || got.high != high && shape != finding.Unexpected {
			t.Errorf("%s: told as %v, high %t; want %s, high %t", name, got.shapes, got.high, shape, high)
		}
		if got.earlier > 2 || got.alarms > 8 {
			t.Errorf("%s: %d alarms before, %d in it", name, got.earlier, got.alarms)
		}
	}
	day := func(r *rand.Rand, i int) float64 { return ordinaryDay(r, i) }
	counts := func(r *rand.Rand, i int) float64 { return poisson(r, 60+40*daySine(i)) }
	with := func(base plan, change func(x float64, i int) float64) plan {
		return func(r *rand.Rand, i int) float64 {
			x := base(r, i)
			if i >= began {
				x = change(x, i-began)
			}
			return x
		}
	}
	f("a burst", Options{}, finding.Burst, true, 1, with(day, func(x float64, i int) float64 {
		if i < 6 {
			return 3 * x
		}
		return x
	}))
	f("a drop", Options{}, finding.Drop, false, 1, with(day, func(x float64, i int) float64 {
		if i < 6 {
			return x / 10
		}
		return x
	}))
	f("a shift", Options{}, finding.Shift, true, 6, with(day, func(x float64, _ int) float64 { return x + 80 }))
	f("silence", Options{Kind: Count}, finding.Silent, false, 3, with(counts, func(float64, int) float64 { return 0 }))
	f("a burst of counts", Options{Kind: Count}, finding.Burst, true, 2, with(counts, func(x float64, i int) float64 {
		if i < 10 {
			return 4 * x
		}
		return x
	}))
	f("a drift", Options{}, finding.Drift, true, 200, with(day, func(x float64, i int) float64 { return x + 0.6*float64(i) }))
	f("a wild time", Options{}, finding.Unexpected, true, 60, func(r *rand.Rand, i int) float64 {
		if i < began {
			return 100 + r.NormFloat64()
		}
		return 100 + 2.6*r.NormFloat64()
	})
	f("slow answers", Options{Kind: Positive}, finding.Burst, true, 4, func(r *rand.Rand, i int) float64 {
		x := 0.05 * (1 + gamma(r, 2))
		if i >= began && i < began+12 {
			x *= 12
		}
		return x
	})
}

// TestSeasonThatDoesNotCome checks that an ordinary value at the wrong time of
// the day is told.
func TestSeasonThatDoesNotCome(t *testing.T) {
	hump := func(i int) bool { return i%288 > 100 && i%288 < 200 }
	got := plant(Options{}, func(r *rand.Rand, i int) float64 {
		x := 20 + r.NormFloat64()
		if hump(i) && i/288 != 13 {
			x += 60
		}
		return x
	})
	if got.after < 0 || got.after > 288 || got.earlier > 2 {
		t.Errorf("a hump that did not come was told after %d points, %d false alarms before", got.after, got.earlier)
	}
}

// TestShiftIsAccepted checks that a new level is told at its beginning, and is
// ordinary after a while.
func TestShiftIsAccepted(t *testing.T) {
	m, r := New(Options{}), rand.New(rand.NewPCG(8, 9))
	var alarms []int
	for i := range 12 * 288 {
		x := 100 + 3*r.NormFloat64()
		if i >= 6*288 {
			x += 100
		}
		v := m.Observe(Point{Time: fiveMinutes(i), Value: x})
		if v.Anomalous && i >= 6*288 {
			alarms = append(alarms, i-6*288)
		}
		if i == 12*288-1 && (v.Shape != "" || v.Expected < 190) {
			t.Errorf("after six days at the new level: %+v", v)
		}
	}
	if len(alarms) == 0 || alarms[0] > 3 || len(alarms) > 5 {
		t.Errorf("alarms after %v points", alarms)
	}
}

// TestOneCountIsNoAlarm checks that counts are treated as such: after nothing
// but zeros, one or two events say little.
func TestOneCountIsNoAlarm(t *testing.T) {
	follow(Options{Kind: Count}, 4000, func(_ *rand.Rand, i int) float64 {
		if i%1000 == 999 {
			return 1
		}
		return 0
	}, func(i int, v Verdict) {
		if i == 999 && (v.Tail < 1e-4 || v.Anomalous) {
			t.Errorf("one event at %d is taken to happen %g of the time", i, v.Tail)
		}
	})
}

// TestShareOfFewIsNoAlarm checks that a share says the less the fewer requests
// it is of.
func TestShareOfFewIsNoAlarm(t *testing.T) {
	errors := func(weight float64) Verdict {
		m, r := New(Options{Kind: Share}), rand.New(rand.NewPCG(1, 1))
		for i := range 3000 {
			m.Observe(Point{Time: fiveMinutes(i), Value: poisson(r, 2) / 1000, Weight: 1000})
		}
		return m.Observe(Point{Time: fiveMinutes(3000), Value: 0.5, Weight: weight})
	}
	if few, many := errors(2), errors(1000); few.Tail < 1e-3 || many.Tail > 1e-4 || !many.Anomalous || !many.High {
		t.Errorf("half of two fail: %g of the time; of a thousand: %g", few.Tail, many.Tail)
	}
}

// TestExpectationOutlastsSilence checks that while nothing comes it is still
// said what should, and that its coming back is no burst.
func TestExpectationOutlastsSilence(t *testing.T) {
	mean := func(i int) float64 { return 60 + 40*daySine(i) }
	follow(Options{Kind: Count}, ended, func(r *rand.Rand, i int) float64 {
		if i >= began && i < began+12 {
			return 0
		}
		return poisson(r, mean(i))
	}, func(i int, v Verdict) {
		if i >= began && i < began+12 && (v.Expected < mean(i)/2 || v.Expected > 2*mean(i)) {
			t.Errorf("%d points into the silence %g is expected, want about %g", i-began, v.Expected, mean(i))
		}
		if i >= began+12 && v.Anomalous && v.High {
			t.Errorf("%d points after the silence a burst is told: %+v", i-began-12, v)
		}
	})
}
