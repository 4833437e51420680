package baseline

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// dispersion is by how much counts and shares vary more than chance alone has
// them vary: their variance over that of a Poisson or binomial law.
type dispersion struct{ Factor float64 }

const (
	dispersionMemory = 500
	farthestCount    = 25 // variances: what is farther out teaches no more
	leastMean        = 1e-6
)

func (d *dispersion) factor() float64 { return math.Max(1, d.Factor) }

func (d *dispersion) learn(square float64) {
	if d.Factor == 0 {
		d.Factor = 1
	}
	d.Factor += (math.Min(square, farthestCount*d.factor()) - d.Factor) / dispersionMemory
}

// countTail is the chance of a count at least as far from its mean, on the
// side where it is: Poisson, or negative binomial where counts vary more.
func countTail(x, mean, factor float64) float64 {
	mean = math.Max(mean, leastMean)
	x = math.Round(x)
	if factor < 1.01 {
		if x > mean {
			return mathext.GammaIncReg(x, mean)
		}
		return mathext.GammaIncRegComp(x+1, mean)
	}
	size := mean / (factor - 1)
	if x > mean {
		return mathext.RegIncBeta(x, size, 1-1/factor)
	}
	return mathext.RegIncBeta(size, x+1, 1/factor)
}

// shareTail is the chance of a share of n at least as far from its mean, on
// the side where it is: binomial, of fewer where shares vary more.
func shareTail(x, mean, n, factor float64) float64 {
	mean = math.Max(leastMean, math.Min(1-leastMean, mean))
	n = math.Max(1, n/factor)
	k := x * n
	if x > mean {
		return mathext.RegIncBeta(math.Max(k, leastMean), n-k+1, mean)
	}
	return mathext.RegIncBeta(math.Max(n-k, leastMean), k+1, 1-mean)
}

// floor is the chance that no sign of a single point is believed to be below:
// that of a whole number which is small, or of a share of few requests.
func (m *Model) floor(p Point, mean float64) float64 {
	switch m.options.Kind {
	case Count:
		return countTail(math.Max(0, p.Value), mean, m.dispersion.factor())
	case Share:
		return shareTail(math.Max(0, math.Min(1, p.Value)), mean, weightOf(p), m.dispersion.factor())
	}
	return 0
}

func (m *Model) disperse(p Point, mean float64) {
	switch m.options.Kind {
	case Count:
		off := p.Value - mean
		m.dispersion.learn(off * off / math.Max(mean, 0.5))
	case Share:
		off, n := p.Value-mean, weightOf(p)
		m.dispersion.learn(off * off * n / math.Max(mean*(1-mean), 0.5/n))
	}
}
