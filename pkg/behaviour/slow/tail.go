package slow

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// minPeers is how many there have to be until anybody is compared with them.
const minPeers = 20

// tail is how the largest values of a group are spread. It holds with a few
// culprits among them: it is made of medians.
type tail struct {
	values []float64 // ascending
	from   float64   // where the tail begins
	share  float64   // of the values above it
	gamma  float64   // of the Pareto distribution of what is above it
}

// minGamma is the least spread that is believed: what is counted by days in
// one fortnight has been no larger by chance.
const minGamma = 0.3

// tailOf measures values, which it sorts.
func tailOf(values []float64) tail {
	slices.Sort(values)
	t := tail{values: values}
	n := len(values)
	if n < minPeers {
		return t
	}
	k := max(5, n/10)
	t.from, t.share = values[n-k-1], float64(k)/float64(n)
	// The excesses of a Pareto tail are exponential in the logarithm, and the
	// median of those is gamma·ln 2.
	middle := math.Log(values[n-1-k/2] / t.from)
	t.gamma = max(minGamma, middle/math.Ln2)
	return t
}

// enough tells whether there are enough to compare with.
func (t *tail) enough() bool { return len(t.values) >= minPeers }

// above is the probability of a value as large, 1 when there are too few to
// tell.
func (t *tail) above(x float64) float64 {
	if !t.enough() {
		return 1
	}
	if x <= t.from {
		i, _ := slices.BinarySearch(t.values, x)
		return float64(len(t.values)-i+1) / float64(len(t.values)+1)
	}
	return t.share * math.Pow(x/t.from, -1/t.gamma)
}

// median is 0 when there are no values.
func (t *tail) median() float64 { return median(t.values) }

// upper is a value that one in a hundred exceeds.
func (t *tail) upper() float64 {
	if !t.enough() {
		return 0
	}
	return t.from * math.Pow(0.01/t.share, -t.gamma)
}

// median is of sorted values; 0 when there are none.
func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// binomial is the probability of k or more hits in n tries with probability p.
func binomial(k, n int, p float64) float64 {
	if k <= 0 {
		return 1
	}
	if k > n {
		return 0
	}
	return mathext.RegIncBeta(float64(k), float64(n-k+1), p)
}
