package baseline

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// tally is what is known of whole numbers besides their course: by how much
// they vary more than chance alone has them vary, and the last of them.
type tally struct {
	Factor         float64 // variance over that of a Poisson or binomial law; 0 = not known
	Seen, Expected [pooled]float32
	Of             [pooled]float32 // requests that a share is of
	At             uint32
}

const (
	dispersionMemory = 500
	farthestCount    = 25 // variances: what is farther out teaches no more
	leastMean        = 1e-6
	pooled           = 8   // points that are taken together
	mostCounted      = 1e9 // what is more is as good as any number
)

func (t *tally) factor() float64 { return max(1, t.Factor) }

// learn takes in that so many of so many were seen where so many were expected
// with a variance.
func (t *tally) learn(seen, expected, of, variance float64) {
	if t.Factor == 0 {
		t.Factor = 1
	}
	square := (seen - expected) * (seen - expected) / variance
	t.Factor += (min(square, farthestCount*t.factor()) - t.Factor) / dispersionMemory
	i := t.At % pooled
	t.Seen[i], t.Expected[i], t.Of[i] = float32(seen), float32(expected), float32(of)
	t.At++
}

// with sums the last up, of which the newest takes the oldest one's place.
func (t *tally) with(seen, expected, of float64) (float64, float64, float64) {
	oldest := int(t.At % pooled)
	for i := range pooled {
		if i != oldest {
			seen, expected, of = seen+float64(t.Seen[i]), expected+float64(t.Expected[i]), of+float64(t.Of[i])
		}
	}
	return seen, expected, of
}

// countTail is the chance of a count at least as far from its mean, on the
// side where it is: Poisson, or negative binomial where counts vary more.
func countTail(x, mean, factor float64) float64 {
	mean = max(mean, leastMean)
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

// shareTail is the chance that at least as many of n are, or at most as few,
// where a part of them is expected: binomial, of fewer where shares vary more.
func shareTail(k, n, part, factor float64) float64 {
	part = max(leastMean, min(1-leastMean, part))
	high := k > n*part
	k, n = k/factor, max(1, n/factor)
	k = max(0, min(n, k))
	if high {
		return mathext.RegIncBeta(max(k, leastMean), n-k+1, part)
	}
	return mathext.RegIncBeta(max(n-k, leastMean), k+1, 1-part)
}

// floor is the chance that a point or the last points together are not believed
// to be below: that of whole numbers which are small, or of shares of few
// requests. A mean is not known better than one event in all that was seen.
func (m *Model) floor(p Point, mean float64) float64 {
	t := &m.tally
	switch m.options.Kind {
	case Count:
		if p.Value > mostCounted || mean > mostCounted {
			return 0
		}
		least := 1 / (m.seen + 1)
		x, mean := max(0, bound(p.Value, mostCounted)), max(mean, least)
		all, expected, _ := t.with(x, mean, 0)
		return min(countTail(x, mean, t.factor()), countTail(all, max(expected, least*pooled), t.factor()))
	case Share:
		n := weightOf(p)
		k := n * max(0, min(1, p.Value))
		mean = max(mean, 1/(m.seen*n+1))
		all, expected, of := t.with(k, n*mean, n)
		return min(shareTail(k, n, mean, t.factor()), shareTail(all, of, expected/of, t.factor()))
	}
	return 0
}

func (m *Model) count(p Point, mean float64) {
	switch m.options.Kind {
	case Count:
		mean = min(mean, mostCounted)
		m.tally.learn(max(0, bound(p.Value, mostCounted)), mean, 0, max(mean, 0.5))
	case Share:
		n := weightOf(p)
		m.tally.learn(n*max(0, min(1, p.Value)), n*mean, n, max(n*mean*(1-mean), 0.5))
	}
}
