package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A flow is what a measure of a place is now and what it usually is: a plain
// average, to tell which part of a place carries a change of the whole.
type flow struct {
	Value  float32
	Weight float32 // requests; 0 = nothing was told now
	Usual  float32
	Count  float32 // looks that Usual rests on
}

// set takes in what a measure is now.
func (f *flow) set(v, weight float64) {
	if math.IsNaN(v) {
		f.Value, f.Weight = 0, 0
		return
	}
	f.Value, f.Weight = float32(v), float32(weight)
}

// learn takes what is now for usual; memory is how many looks count.
func (f *flow) learn(memory float32) {
	if f.Weight > 0 {
		f.Count = min(f.Count+1, memory)
		f.Usual += (f.Value - f.Usual) / f.Count
	}
}

// excess is by how much there is more than usual, in a unit that adds up over
// places: requests, failed requests, seconds, bytes.
func (f *flow) excess(m series.Measure) float64 {
	if f.Weight == 0 {
		return 0
	}
	off := float64(f.Value - f.Usual)
	if m.Kind() != baseline.Count {
		off *= float64(f.Weight)
	}
	return off
}

func (f *flow) code(c *coder) {
	c.small(&f.Value)
	c.small(&f.Weight)
	c.small(&f.Usual)
	c.small(&f.Count)
}
