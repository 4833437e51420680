package behaviour

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// smallestChance is the least probability that one look is believed to have.
const smallestChance = 1e-12

// together is the probability by chance that several independent looks are as
// rare as these together are (Fisher).
func together(p ...float64) float64 {
	sum := 0.0
	for _, v := range p {
		sum -= math.Log(math.Min(math.Max(v, smallestChance), 1))
	}
	return sumOfLooks(float64(len(p)), sum)
}

// sumOfLooks is the probability that the logarithms of so many independent looks
// add up to so much.
func sumOfLooks(looks, sum float64) float64 {
	return math.Max(mathext.GammaIncRegComp(looks, sum), smallestChance*smallestChance)
}

// rarest is the probability that the rarest of several looks is that rare.
func rarest(p ...float64) float64 {
	least := 1.0
	for _, v := range p {
		least = math.Min(least, v)
	}
	return math.Min(least*float64(len(p)), 1)
}

// beyond is the probability of so many standard deviations and more, where they
// are known from so many windows.
func beyond(deviations, windows float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: windows}.Survival(deviations)
}

// scoreOf makes a score of a probability: 0 is certain to happen, 0.5 one in a
// million, 1 one in 10^12 or rarer.
func scoreOf(p float64) float64 {
	return math.Min(math.Max(-math.Log10(math.Max(p, smallestChance))/12, 0), 1)
}
