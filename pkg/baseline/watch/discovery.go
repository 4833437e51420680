package watch

import (
	"math"
	"slices"
)

// discoveries is the largest chance that counts as a discovery among m looks at
// the same time, so that of those which do a share of at most rate is false:
// Benjamini and Hochberg's step-up procedure (J. R. Stat. Soc. B 57, 1995) with
// Benjamini and Yekutieli's correction (Ann. Stat. 29, 2001), which holds
// however the looks depend on each other: the series of a service move
// together. chances are those of the looks that may count, and are sorted; 0 =
// none counts.
func discoveries(chances []float64, m int, rate float64) float64 {
	slices.Sort(chances)
	rate /= float64(m) * harmonic(m)
	for i := len(chances) - 1; i >= 0; i-- {
		if chances[i] <= rate*float64(i+1) {
			return chances[i]
		}
	}
	return 0
}

// harmonic is the sum of 1/i up to n, about.
func harmonic(n int) float64 {
	const euler = 0.5772156649
	return max(1, math.Log(float64(n))+euler)
}
