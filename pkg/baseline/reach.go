package baseline

import "math"

// A reach is how far out a sign was how often: a Tail, and what lies between
// the outer tenth and where that tail begins.
type reach struct {
	Tail
	Outer float64 // nine of ten are below it
}

const (
	outerPart = 0.1
	outerPace = 0.05 // of the way to the tail
)

// chance is how often something at least as far out as x happens; 1 for what
// is among the inner nine tenths, or no number, or while little was seen.
func (r *reach) chance(x float64) float64 {
	p, ok := r.Chance(x)
	if !ok || p < 1 || !(x > r.Outer) {
		return p
	}
	edge := float64(r.law.threshold)
	share := float64(r.law.above) / float64(r.Now.Seen+r.Before.Seen)
	if share >= outerPart || edge <= r.Outer {
		return p
	}
	way := (x - r.Outer) / (edge - r.Outer)
	return math.Exp((1-way)*math.Log(outerPart) + way*math.Log(share))
}

func (r *reach) forget() {
	r.Now, r.Before, r.law, r.Outer = generation{}, generation{}, pareto{}, 0
}

func (r *reach) learn(x float64) {
	r.Tail.learn(x)
	if r.law.above == 0 {
		return
	}
	edge := float64(r.law.threshold)
	if int(r.Now.Seen) <= int(r.WarmUp)+2 && r.Before.Seen == 0 {
		r.Outer = edge
		return
	}
	step := outerPace * math.Abs(edge-r.Outer)
	if step == 0 {
		step = outerPace * math.Abs(edge-x) * outerPart
	}
	if x > r.Outer {
		r.Outer += step * (1 - outerPart)
	} else {
		r.Outer -= step * outerPart
	}
	r.Outer = min(r.Outer, edge)
}
