package cli

import (
	"math"
	"slices"
)

// thin keeps of samples in the order of their times as many as can be seen: of
// those in a column of pixels the first and the last, and those with the least
// and the greatest value, each with the widest band of its column. No extreme
// is lost.
func thin(samples []sample, column func(at float64) int) []sample {
	const enough = 4
	var kept []sample
	for from := 0; from < len(samples); {
		to := from + 1
		for to < len(samples) && column(samples[to].at) == column(samples[from].at) {
			to++
		}
		if to-from <= enough {
			kept = append(kept, samples[from:to]...)
		} else {
			kept = append(kept, extremes(samples[from:to])...)
		}
		from = to
	}
	return kept
}

// extremes are the first, the least, the greatest and the last sample, in
// their order.
func extremes(samples []sample) []sample {
	least, greatest := 0, 0
	lower, upper := math.NaN(), math.NaN()
	for i, s := range samples {
		if further(samples[least].value, s.value, -1) {
			least = i
		}
		if further(samples[greatest].value, s.value, 1) {
			greatest = i
		}
		if further(lower, s.lower, -1) {
			lower = s.lower
		}
		if further(upper, s.upper, 1) {
			upper = s.upper
		}
	}
	at := []int{0, least, greatest, len(samples) - 1}
	slices.Sort(at)
	var kept []sample
	for _, i := range slices.Compact(at) {
		s := samples[i]
		if !math.IsNaN(s.lower) {
			s.lower, s.upper = lower, upper
		}
		kept = append(kept, s)
	}
	return kept
}

// further tells whether x lies further out than y on a side (-1 or 1). NaN
// lies nowhere.
func further(y, x, side float64) bool {
	return !math.IsNaN(x) && (math.IsNaN(y) || side*x > side*y)
}

// breaks is the time without rows after which a line is interrupted: several
// times the usual distance.
func breaks(samples []sample) float64 {
	const times = 10
	var gaps []float64
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].at - samples[i-1].at; gap > 0 {
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) == 0 {
		return math.Inf(1)
	}
	slices.Sort(gaps)
	return times * gaps[len(gaps)/2]
}

// parts cuts samples where more than a time lies between them.
func parts(samples []sample, longest float64) [][]sample {
	var all [][]sample
	from := 0
	for i := 1; i <= len(samples); i++ {
		if i == len(samples) || samples[i].at-samples[i-1].at > longest {
			all = append(all, samples[from:i])
			from = i
		}
	}
	return all
}
