package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// A plan makes the value of the i-th of points every five minutes.
type plan func(r *rand.Rand, i int) float64

// follow has a new model observe n points of a plan.
func follow(o Options, n int, p plan, each func(i int, v Verdict)) *Model {
	m, r := New(o), rand.New(rand.NewPCG(1, 2))
	for i := range n {
		v := m.Observe(Point{Time: fiveMinutes(i), Value: p(r, i)})
		if each != nil {
			each(i, v)
		}
	}
	return m
}

func ordinaryDay(r *rand.Rand, i int) float64 { return 100 + 30*daySine(i) + 3*r.NormFloat64() }

// rough is a plan of everything that a series may hold.
func rough(r *rand.Rand, i int) float64 {
	switch {
	case i%97 == 0:
		return math.NaN()
	case i%611 == 0:
		return math.Inf(1)
	case i%400 < 40:
		return 0
	case i%333 == 0:
		return 1e5 * r.Float64()
	}
	return 50 + 20*daySine(i) + r.NormFloat64()
}

func TestLearningIsSaid(t *testing.T) {
	m := follow(Options{}, 400, ordinaryDay, func(i int, v Verdict) {
		if learning := i < defaultWarmUp; v.Learning != learning {
			t.Errorf("point %d: learning is %t", i, v.Learning)
		}
		if v.Learning && (v.Tail != 1 || v.Score != 0 || v.Anomalous || !math.IsNaN(v.Expected) || !math.IsNaN(v.Lower) || !math.IsNaN(v.Upper)) {
			t.Errorf("point %d: a verdict while learning: %+v", i, v)
		}
	})
	if _, _, _, ok := New(Options{}).Expect(0); ok {
		t.Error("a model that saw nothing expects something")
	}
	expected, lower, upper, ok := m.Expect(fiveMinutes(400))
	if !ok || !(lower < expected && expected < upper) {
		t.Errorf("expected %g within %g and %g, %t", expected, lower, upper, ok)
	}
}

func TestVerdictsAreSound(t *testing.T) {
	f := func(name string, o Options, p plan) {
		t.Helper()
		follow(o, 3000, p, func(i int, v Verdict) {
			if !(v.Tail > 0 && v.Tail <= 1) || !(v.Score >= 0 && v.Score <= 1) {
				t.Fatalf("%s: point %d: tail %g, score %g", name, i, v.Tail, v.Score)
			}
			if !v.Learning && !(v.Lower <= v.Expected && v.Expected <= v.Upper) {
				t.Fatalf("%s: point %d: expected %g within %g and %g", name, i, v.Expected, v.Lower, v.Upper)
			}
			if (v.Shape == "") != (v.Since == 0) {
				t.Fatalf("%s: point %d: shape %q since %d", name, i, v.Shape, v.Since)
			}
		})
	}
	for kind := Gauge; kind <= Positive; kind++ {
		f("rough", Options{Kind: kind}, rough)
		f("nothing", Options{Kind: kind}, func(*rand.Rand, int) float64 { return 0 })
		f("constant", Options{Kind: kind}, func(*rand.Rand, int) float64 { return 0.3 })
		f("two states", Options{Kind: kind}, func(_ *rand.Rand, i int) float64 { return float64(i / 7 % 2) })
		f("huge", Options{Kind: kind}, func(_ *rand.Rand, i int) float64 {
			return []float64{1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}[i*i%4]
		})
		f("no numbers", Options{Kind: kind}, func(*rand.Rand, int) float64 { return math.NaN() })
	}
}

func TestConstantSeriesAreQuiet(t *testing.T) {
	f := func(name string, p plan) {
		t.Helper()
		follow(Options{}, 6000, p, func(i int, v Verdict) {
			if v.Anomalous && i > 3*288 {
				t.Errorf("%s: point %d is told: %+v", name, i, v)
			}
		})
	}
	f("constant", func(*rand.Rand, int) float64 { return 45 })
	f("square wave", func(_ *rand.Rand, i int) float64 { return 20 + 60*float64(i/72%2) })
	f("a spike each hour", func(_ *rand.Rand, i int) float64 {
		if i%12 == 0 {
			return 500
		}
		return 10
	})
}

// TestVerdictsDoNotLookAhead checks that what comes later changes nothing.
func TestVerdictsDoNotLookAhead(t *testing.T) {
	var first []Verdict
	follow(Options{}, 2000, rough, func(_ int, v Verdict) { first = append(first, v) })
	follow(Options{}, 3000, func(r *rand.Rand, i int) float64 {
		if i >= 2000 {
			return 1e9 * float64(i)
		}
		return rough(r, i)
	}, func(i int, v Verdict) {
		if i < 2000 && !same(v, first[i]) {
			t.Fatalf("point %d: %+v, and %+v if nothing follows", i, v, first[i])
		}
	})
}

// same compares verdicts, in which NaN is as good as NaN.
func same(a, b Verdict) bool {
	for _, pair := range [][2]*float64{{&a.Expected, &b.Expected}, {&a.Lower, &b.Lower}, {&a.Upper, &b.Upper}} {
		if math.IsNaN(*pair[0]) && math.IsNaN(*pair[1]) {
			*pair[0], *pair[1] = 0, 0
		}
	}
	return a == b
}

// TestUnitsDoNotMatter checks that another unit or zero of a gauge changes no
// score. Powers of two keep every digit; another zero leaves others to round.
func TestUnitsDoNotMatter(t *testing.T) {
	var want []Verdict
	values := func(r *rand.Rand, i int) float64 {
		if i%500 == 499 {
			return 300
		}
		return math.Round(64*ordinaryDay(r, i)) / 64
	}
	follow(Options{}, 3000, values, func(_ int, v Verdict) { want = append(want, v) })
	f := func(name string, scale, offset float64, most int) {
		t.Helper()
		others := 0
		follow(Options{}, 3000, func(r *rand.Rand, i int) float64 { return scale*values(r, i) + offset }, func(i int, v Verdict) {
			if math.Abs(v.Score-want[i].Score) > 0.03 {
				others++
			}
		})
		if others > most {
			t.Errorf("%s: %d scores are others", name, others)
		}
	}
	f("1,024 times", 1024, 0, 0)
	f("a thousandth", 1./1024, 0, 0)
	f("from another zero", 1, 4096, 60)
	f("upside down", -1, 0, 60)
}

func TestTimesInAnyOrder(t *testing.T) {
	m, r := New(Options{}), rand.New(rand.NewPCG(3, 4))
	told := 0
	for i := range 4000 {
		at := fiveMinutes(i)
		switch {
		case i%50 == 0:
			at = fiveMinutes(i - 1) // twice
		case i > 2000 && i < 2012:
			at = fiveMinutes(i - 12) // an hour again, in autumn
		}
		if i%1000 > 900 {
			continue // a gap
		}
		if v := m.Observe(Point{Time: at, Value: ordinaryDay(r, i)}); v.Anomalous {
			told++
		}
	}
	if told > 4 {
		t.Errorf("%d anomalies because of times", told)
	}
	if got := m.clock.Interval; got != fiveMinutes(1)-fiveMinutes(0) {
		t.Errorf("an interval of %d ns was learnt", got)
	}
}

func TestModelsAreSmall(t *testing.T) {
	m := follow(Options{}, 3000, ordinaryDay, nil)
	size := int(unsafe.Sizeof(*m)) + int(unsafe.Sizeof(m.days.Codes[0]))*cap(m.days.Codes)
	t.Logf("%d bytes a model", size)
	if size > 4096 {
		t.Errorf("a model keeps %d bytes, want at most 4,096", size)
	}
	if data, err := m.AppendBinary(nil); err != nil || len(data) > 4096 {
		t.Errorf("a snapshot of %d bytes, %v", len(data), err)
	}
	if size := unsafe.Sizeof(Tail{}); size > 600 {
		t.Errorf("a tail keeps %d bytes, want at most 600", size)
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	m, r := follow(Options{}, 2000, ordinaryDay, nil), rand.New(rand.NewPCG(5, 6))
	i := 2000
	if n := testing.AllocsPerRun(1000, func() {
		m.Observe(Point{Time: fiveMinutes(i), Value: ordinaryDay(r, i)})
		i++
	}); n != 0 {
		t.Errorf("%g allocations a point", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	m, r := follow(Options{}, 5000, ordinaryDay, nil), rand.New(rand.NewPCG(5, 6))
	values := make([]float64, 4096)
	for i := range values {
		values[i] = ordinaryDay(r, i)
	}
	b.ReportAllocs()
	i := 5000
	for b.Loop() {
		m.Observe(Point{Time: fiveMinutes(i), Value: values[i%len(values)]})
		i++
	}
}
