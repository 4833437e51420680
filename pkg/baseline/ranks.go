package baseline

import "math"

// ranks remember how surprising the points of a series were, and tell how
// often something at least as surprising happens: by counting where there is
// something to count, by an exponential tail beyond it, and by what would be
// so if the claims were right while there is little.
type ranks struct {
	Counts [rankBins]float32
	Total  float32
}

const (
	rankBins   = 48
	rankWidth  = 0.25 // of a bin; a claim of p counts at -ln(p)/2
	rankMemory = 4000 // points after which the older ones count half
	rankPrior  = 20   // points that the claim itself is worth
	rankShare  = 0.02 // of the points are tail
	rankLeast  = 8    // points at least
	rankIndex  = 2    // of the tail, if the claims are right
	indexPrior = 8    // points that this is worth
)

func rankBin(x float64) (bin int, within float64) {
	at := x / rankWidth
	if at >= rankBins {
		return rankBins - 1, 1
	}
	bin = int(max(0, at))
	return bin, at - float64(bin)
}

func (r *ranks) add(x float64) {
	bin, _ := rankBin(x)
	r.Counts[bin]++
	if r.Total++; r.Total > rankMemory {
		for i := range r.Counts {
			r.Counts[i] /= 2
		}
		r.Total /= 2
	}
}

// chance is how often something at least as far out as x happens.
func (r *ranks) chance(x float64) float64 {
	n := float64(r.Total)
	edge, above, excess := r.tail()
	if out := rankWidth * float64(edge); x > out {
		index := (above + indexPrior) / (excess + indexPrior/rankIndex)
		share := (above + rankPrior*claimed(out)) / (n + rankPrior)
		return max(leastChance, share*math.Exp(-index*(x-out)))
	}
	bin, within := rankBin(x)
	count := float64(r.Counts[bin]) * (1 - within)
	for _, c := range r.Counts[bin+1:] {
		count += float64(c)
	}
	return max(leastChance, min(1, (count+rankPrior*claimed(x))/(n+rankPrior)))
}

func claimed(x float64) float64 { return math.Exp(-rankIndex * x) }

// tail is where the tail begins (the lower edge of a bin that is not the first,
// in which are those that surprise by nothing at all), how many are in it,
// and the sum of their distances from its edge.
func (r *ranks) tail() (edge int, above, excess float64) {
	want := max(rankLeast, rankShare*float64(r.Total))
	for edge = rankBins - 1; edge > 1; edge-- {
		excess += above*rankWidth + float64(r.Counts[edge])*rankWidth/2
		if above += float64(r.Counts[edge]); above >= want {
			break
		}
	}
	return edge, above, excess
}
