package watch

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

func TestSharesOfTheBudgetAreAllOfIt(t *testing.T) {
	sum := firstsPerAlert
	for _, s := range shares {
		sum += s
	}
	if sum < 0.99 || sum > 1.31 {
		t.Errorf("shares add up to %v", sum)
	}
	seen := map[class]bool{}
	for d := range series.Dimension(series.Dimensions) {
		for c := range cadences {
			if k := classOf(d, c); k >= singleLooks || shares[k] == 0 {
				t.Errorf("%v at pace %d is of class %d", d, c, k)
			} else {
				seen[k] = true
			}
		}
	}
	if len(seen) != int(singleLooks) {
		t.Errorf("%d classes are used", len(seen))
	}
}

func TestTallyCorrectsWhatModelsClaim(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	f := func(exaggeration, want float64) {
		t.Helper()
		var y tally
		// Claims are the true chance to the power of exaggeration: 1 is honest.
		for range 30 * minutes {
			for range 20 {
				y.today++
				y.count(-1, level(math.Pow(rng.Float64(), exaggeration)))
			}
			y.pass()
		}
		const true1in10k = 1e-4
		got := y.real(math.Pow(true1in10k, exaggeration))
		if got < want/2 || got > want*2 {
			t.Errorf("exaggerated by %v, 1e-4 is taken for %.1e, want %.1e", exaggeration, got, want)
		}
		if at := y.threshold(1); math.Abs(at*20*minutes-1) > 0.02 {
			t.Errorf("threshold %.2e is %.2f a day", at, at*20*minutes)
		}
	}
	f(1, 1e-4)
	f(3, 1e-4)
	f(0.5, 1e-2) // modest claims are left as they are
}

func TestPurse(t *testing.T) {
	var p purse
	now := simStart.UnixNano()
	p.fill(now, 1)
	f := func(much bool, want int) {
		t.Helper()
		n := 0
		for p.pay(much) {
			n++
		}
		if n != want {
			t.Errorf("%d were told, want %d", n, want)
		}
	}
	f(false, int(purseLeast))
	f(true, int(purseDebt))
	f(true, 0)
	p.fill(now+5*day, 1)
	f(false, 2)
	p.fill(now+500*day, 1)
	f(false, int(purseLeast))
	p.fill(now, 1) // time does not go back
	f(false, 0)
}

func TestDiscoveries(t *testing.T) {
	f := func(m int, want float64, chances ...float64) {
		t.Helper()
		if got := discoveries(chances, m, 0.1); got != want {
			t.Errorf("%v of %d are discoveries up to %v, want %v", chances, m, got, want)
		}
	}
	f(100, 0)
	f(1, 0.05, 0.05)
	f(100, 0, 0.01, 0.02)
	f(100, 1e-5, 1e-5, 0.02)
	f(100, 1.5e-3, 1e-3, 1.4e-3, 1.5e-3, 1.2e-3, 1.3e-3, 1e-3, 1.1e-3, 1e-3) // together, what none would be alone
}
