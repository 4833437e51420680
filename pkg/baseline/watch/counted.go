package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"

	"gonum.org/v1/gonum/mathext"
)

const (
	boundChance = 1e-3 // of what is beyond a model's bounds
	boundIndex  = 4    // of the law beyond them
	boundTwice  = 2    // times the bound, from where on it is extrapolated
)

// beyond is the chance of a look that is several times as far out as what is
// ordinary: a model that has seen a thousand points cannot tell one in a million
// by counting. Beyond the bounds a Pareto law holds, with an index at which
// tails of metrics are rarely heavier; where they are, tallies correct it.
func (l *look) beyond() float64 {
	bound := l.upper - l.expected
	if !l.high {
		bound = l.expected - l.lower
	}
	least := leastRatio - 1
	if l.measure.Kind() == baseline.Share {
		bound = math.Max(bound, leastShare/2)
	}
	bound = math.Max(bound, least/4*math.Abs(l.expected))
	ratio := math.Abs(l.seen-l.expected) / bound
	if l.claimed > 5*boundChance || !(ratio >= boundTwice) {
		return 1
	}
	return boundChance * math.Pow(ratio, -boundIndex)
}

// counted is the chance that a look's number of things is as large, or as
// small, where nothing but chance makes it: no model may claim that something is
// rarer than that. It is 0 for what is not counted.
func (w *Watch) counted(l *look) float64 {
	var k, mean float64
	p := l.entry.place
	switch l.measure.Kind() {
	case baseline.Count:
		if l.measure != series.Requests {
			return 0
		}
		k, mean = l.seen, l.expected
	case baseline.Share:
		usual := float64(p.flows[min(l.pace, hourly)][l.measure].Usual)
		rate := math.Max(math.Max(l.expected, usual/2), 1/(p.Answered+1))
		k, mean = l.seen*l.weight, rate*l.weight
	default:
		return 0
	}
	return poisson(k, math.Max(mean, 1e-9), l.high)
}

// poisson is the chance of k or more, or of k or fewer, of a mean.
func poisson(k, mean float64, high bool) float64 {
	k = math.Max(0, math.Round(k))
	if !high {
		return mathext.GammaIncRegComp(k+1, mean)
	}
	if k == 0 {
		return 1
	}
	return mathext.GammaIncReg(k, mean)
}
