package behaviour

import (
	"math"
	"math/rand/v2"
	"testing"
)

// rates gives how often draws are called rarer than each of some chances.
func rates(n int, draw func() float64, chances ...float64) []float64 {
	list := make([]float64, len(chances))
	for range n {
		p := draw()
		for i, c := range chances {
			if p < c {
				list[i] += 1 / float64(n)
			}
		}
	}
	return list
}

// TestTailsAreCalibrated: what is called one in a hundred or a thousand happens
// about as often, and rather less than more.
func TestTailsAreCalibrated(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	f := func(name string, least float64, draw func() float64) {
		t.Helper()
		var known peers
		for range 5000 {
			known.learn(draw(), 1)
		}
		got := rates(60_000, func() float64 { return known.tail(draw()) }, 1e-2, 1e-3, 1e-5)
		t.Logf("%s: of chances 1e-2, 1e-3, 1e-5: %.1e, %.1e, %.1e", name, got[0], got[1], got[2])
		if got[0] > 0.02 || got[0] < 1e-2*least || got[1] > 0.002 || got[1] < 1e-3*least || got[2] > 0.0001 {
			t.Errorf("%s: of chances 1e-2, 1e-3, 1e-5: %.1e, %.1e, %.1e", name, got[0], got[1], got[2])
		}
	}
	f("lognormal", 0.2, func() float64 { return 10 * math.Exp(random.NormFloat64()) })
	f("wide lognormal", 0.2, func() float64 { return 100 * math.Exp(2*random.NormFloat64()) })
	f("Pareto", 0.3, func() float64 { return math.Pow(random.Float64(), -1/1.5) })
	f("exponential", 0, func() float64 { return 20 * random.ExpFloat64() })
	f("many who do nothing, few who do a lot", 0.05, func() float64 {
		if random.Float64() < 0.97 {
			return 1
		}
		return 50 * math.Exp(0.7*random.NormFloat64())
	})
}

func TestFloodOfIdlersDoesNotMakeOthersBusy(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var known peers
	for range 500 {
		known.learn(10*math.Exp(random.NormFloat64()), 1)
	}
	for range 15_000 {
		known.learn(1, 1)
	}
	if p := known.tail(60); p < 1e-4 { // one in twenty-five before
		t.Errorf("60 is called %.1e", p)
	}
}

func TestFewPeersAreNotSure(t *testing.T) {
	var known peers
	if p := known.tail(1e6); p != 1 {
		t.Errorf("without peers %v", p)
	}
	for range 30 {
		known.learn(5, 1)
	}
	if p := known.tail(40); p < 1e-4 {
		t.Errorf("40 against thirty peers with 5 is called %.1e", p)
	}
	if p := known.tail(5); p != 1 {
		t.Errorf("the ordinary is called %v", p)
	}
	if q := known.quantile(0.5); q < 4 || q > 6.5 {
		t.Errorf("median %v", q)
	}
}

func TestSharesAreCalibrated(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	f := func(name string, rate func() float64) {
		t.Helper()
		var known share
		draw := func() (hits, trials float64) {
			trials, p := float64(5+random.IntN(60)), rate()
			for range int(trials) {
				if random.Float64() < p {
					hits++
				}
			}
			return hits, trials
		}
		for range 3000 {
			hits, trials := draw()
			known.learn(hits, trials, 1)
		}
		got := rates(30_000, func() float64 { hits, trials := draw(); return known.tail(hits, trials, 0.1) }, 1e-2, 1e-3)
		t.Logf("%s: of chances 1e-2, 1e-3: %.1e, %.1e", name, got[0], got[1])
		if got[0] > 0.03 || got[1] > 0.005 {
			t.Errorf("%s: of chances 1e-2, 1e-3: %.1e, %.1e", name, got[0], got[1])
		}
	}
	f("all alike", func() float64 { return 0.1 })
	f("each his own", func() float64 { return 0.3 * random.Float64() })
	f("hardly ever", func() float64 { return 0.005 })
}

func TestTogether(t *testing.T) {
	f := func(want float64, p ...float64) {
		t.Helper()
		if got := together(p...); math.Abs(got/want-1) > 0.01 {
			t.Errorf("%v together are %v, want %v", p, got, want)
		}
	}
	f(0.01, 0.01)
	f(0.01*0.01*(1-math.Log(0.0001)), 0.01, 0.01)
	f(1, 1, 1)
	if s := scoreOf(1e-6); math.Abs(s-0.5) > 1e-9 {
		t.Errorf("one in a million scores %v", s)
	}
	if scoreOf(0) != 1 || scoreOf(1) != 0 {
		t.Error("scores leave 0..1")
	}
}
