package main

import (
	"context"
	"math"
)

// detector scores a series, a point at a time.
type detector struct {
	name string
	run  func(f *file) verdicts
}

// apply runs a detector over all files.
func (d detector) apply(ctx context.Context, s set) ([]verdicts, error) {
	said := make([]verdicts, len(s.files))
	err := each(ctx, s.files, func(i int, f *file) error {
		said[i] = d.run(f)
		return nil
	})
	return said, err
}

func newVerdicts(points int) verdicts {
	return verdicts{scores: make([]float64, points), flags: make([]bool, points)}
}

// windowedGaussian is the benchmark's naive detector: how far out a value is
// among the last 6,400, were they normally distributed. It slides by 100
// points.
func windowedGaussian(f *file) verdicts {
	const size, step = 6400, 100
	said := newVerdicts(len(f.times))
	var window, waiting []float64
	mean, deviation := 0.0, 1.0
	for i, x := range f.values {
		if math.IsNaN(x) {
			continue
		}
		if len(window) > 0 {
			said.scores[i] = 1 - upperTail(x, mean, deviation)
			said.flags[i] = said.scores[i] >= 0.9995
		}
		if len(window) < size {
			window = append(window, x)
			mean, deviation = moments(window)
		} else if waiting = append(waiting, x); len(waiting) >= step {
			window = append(window[step:], waiting...)
			waiting = waiting[:0]
			mean, deviation = moments(window)
		}
	}
	return said
}

// upperTail is the probability of a value at least as far from the mean, on
// its side.
func upperTail(x, mean, deviation float64) float64 {
	return 0.5 * math.Erfc(math.Abs(x-mean)/deviation/math.Sqrt2)
}

func moments(values []float64) (mean, deviation float64) {
	for _, x := range values {
		mean += x
	}
	mean /= float64(len(values))
	for _, x := range values {
		deviation += (x - mean) * (x - mean)
	}
	deviation = math.Sqrt(deviation / float64(len(values)))
	if deviation == 0 {
		deviation = 0.000001
	}
	return mean, deviation
}
