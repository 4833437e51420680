package baseline

import "math"

// A ranks remembers how far out the standardised values of a series were, as a
// histogram over their logarithm that forgets, and tells how often something
// at least as far out is to be expected: by counting where there is something
// to count, by a Pareto tail (Hill's estimator) beyond it, and by a prior while
// there is little.
type ranks struct {
	Counts [rankBins]float32
	Total  float32
}

const (
	rankBins    = 32
	rankWidth   = 0.25 // of a bin, in units of the logarithm
	rankLow     = -2   // lower edge of the first bin
	rankMemory  = 8000 // points after which the older ones count half
	rankPrior   = 20   // points that the prior is worth
	tailShare   = 0.02 // of the points are tail
	tailLeast   = 8    // points at least
	tailPrior   = 8    // points that the prior of the tail's index is worth
	leastChance = 1e-30
)

// A law is what is thought of a tail before anything was seen: its index, and
// the chance of a value at least as far out as one whose logarithm is x.
type law struct {
	index  float64
	beyond func(x float64) float64
}

// deviations is the law of standardised deviations: heavier than the normal
// one, since metrics are.
var deviations = law{index: 4, beyond: func(x float64) float64 {
	z := math.Exp(x)
	return 1 / ((1 + z*z/4) * (1 + z*z/4))
}}

// surprises is the law of half the negative logarithm of a chance.
var surprises = law{index: 2, beyond: func(x float64) float64 { return math.Min(1, math.Exp(-2*x)) }}

func rankBin(x float64) (bin int, within float64) {
	at := (x - rankLow) / rankWidth
	if !(at > 0) {
		return 0, 0
	}
	if at >= rankBins {
		return rankBins - 1, 1
	}
	bin = int(at)
	return bin, at - float64(bin)
}

// add counts a value by its logarithm.
func (r *ranks) add(x, weight float64) {
	bin, _ := rankBin(x)
	r.Counts[bin] += float32(weight)
	if r.Total += float32(weight); r.Total > rankMemory {
		for i := range r.Counts {
			r.Counts[i] /= 2
		}
		r.Total /= 2
	}
}

// chance is how often something at least as far out as x happens.
func (r *ranks) chance(x float64, prior *law) float64 {
	n := float64(r.Total)
	edge, above, excess := r.tail()
	if out := rankLow + rankWidth*float64(edge); x > out && above > 0 {
		index := (above + tailPrior) / (excess + tailPrior/prior.index)
		share := (above + rankPrior*prior.beyond(out)) / (n + rankPrior)
		return math.Max(leastChance, share*math.Exp(-index*(x-out)))
	}
	bin, within := rankBin(x)
	count := float64(r.Counts[bin]) * (1 - within)
	for _, c := range r.Counts[bin+1:] {
		count += float64(c)
	}
	return math.Max(leastChance, (count+rankPrior*prior.beyond(x))/(n+rankPrior))
}

// tail is where the tail begins (the lower edge of a bin), how many are in it,
// and the sum of their logarithms beyond its edge.
func (r *ranks) tail() (edge int, above, excess float64) {
	want := math.Max(tailLeast, tailShare*float64(r.Total))
	for edge = rankBins - 1; edge > 0; edge-- {
		excess += above*rankWidth + float64(r.Counts[edge])*rankWidth/2
		if above += float64(r.Counts[edge]); above >= want {
			break
		}
	}
	return edge, above, excess
}
