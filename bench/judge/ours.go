package main

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
)

// ours is the model as `honeymoat baseline score` calls it.
func ours(f *file) verdicts {
	said := newVerdicts(len(f.times))
	model := baseline.New(baseline.Options{})
	for i, x := range f.values {
		v := model.Observe(baseline.Point{Time: f.times[i], Value: x})
		if !v.Learning && !math.IsNaN(x) {
			said.scores[i] = v.Score
			said.flags[i] = v.Anomalous
		}
	}
	return said
}
