package baseline

import (
	"math"
	"slices"
)

// TailOptions say how long a Tail remembers. The zero value is ready.
type TailOptions struct {
	Memory int // events of a generation, of which two are kept; 0 = 20,000
	WarmUp int // events before the first verdict; 0 = 100
}

const (
	tailKept     = 32 // largest events of a generation
	tailPart     = 0.1
	tailShape    = 0.3 // of the Pareto tail, before anything was seen
	tailShapeFor = 16  // events that this is worth
)

// Tail knows how large single events of one sort are: how often one at least
// as large happens, by a generalised Pareto law over the largest of the last
// ones. It keeps less than 600 bytes, and is not safe for concurrent use.
type Tail struct {
	Memory, WarmUp int32
	Now, Before    generation
}

// A generation is the largest of so many events, the largest first.
type generation struct {
	Seen    int32
	Kept    int32
	Largest [tailKept]float32
}

// NewTail makes a Tail that has seen nothing.
func NewTail(o TailOptions) *Tail {
	t := &Tail{Memory: int32(o.Memory), WarmUp: int32(o.WarmUp)}
	if t.Memory <= 0 {
		t.Memory = 20000
	}
	if t.WarmUp <= 0 {
		t.WarmUp = 100
	}
	return t
}

// Observe tells how probable an event of at least x is for one event, and
// then learns x. It is not ok while too few were seen, or where x is no
// number.
func (t *Tail) Observe(x float64) (p float64, ok bool) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 1, false
	}
	p, ok = t.Chance(x)
	if t.Now.Seen >= t.Memory {
		t.Before, t.Now = t.Now, generation{}
	}
	t.Now.add(x)
	return p, ok
}

// Chance is what Observe tells, without learning.
func (t *Tail) Chance(x float64) (p float64, ok bool) {
	n := float64(t.Now.Seen) + float64(t.Before.Seen)
	if n < float64(t.WarmUp) {
		return 1, false
	}
	var room [2 * tailKept]float64
	top := t.top(room[:0], n)
	threshold := top[len(top)-1]
	if x <= threshold {
		return 1, true
	}
	above := float64(len(top) - 1)
	return above / n * beyond(x-threshold, top[:len(top)-1], threshold), true
}

// top is the tail, the largest first, with the threshold as its last.
func (t *Tail) top(room []float64, n float64) []float64 {
	for _, g := range []*generation{&t.Now, &t.Before} {
		for _, x := range g.Largest[:g.Kept] {
			room = append(room, float64(x))
		}
	}
	slices.SortFunc(room, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	most := min(len(room), tailKept)
	return room[:max(4, min(most, int(n*tailPart)))]
}

// beyond is the share of the tail that is at least so far beyond its
// threshold: a generalised Pareto law by probability-weighted moments, its
// shape held to what is usual while the tail is short.
func beyond(x float64, top []float64, threshold float64) float64 {
	k := float64(len(top))
	mean, weighted := 0.0, 0.0
	for i, v := range top {
		mean += (v - threshold) / k
		weighted += (v - threshold) / k * (float64(i) + 0.65) / k
	}
	if mean <= 0 {
		return 1 / (k + 1)
	}
	shape := 2 - mean/(mean-2*weighted)
	if math.IsNaN(shape) {
		shape = tailShape
	}
	shape = (k*max(-0.5, min(1, shape)) + tailShapeFor*tailShape) / (k + tailShapeFor)
	shape = max(0.02, min(0.9, shape))
	return math.Pow(1+shape*x/(mean*(1-shape)), -1/shape)
}

func (g *generation) add(x float64) {
	g.Seen++
	v := float32(max(-math.MaxFloat32, min(math.MaxFloat32, x)))
	if g.Kept < tailKept {
		g.Kept++
	} else if v <= g.Largest[tailKept-1] {
		return
	}
	i := g.Kept - 1
	for ; i > 0 && g.Largest[i-1] < v; i-- {
		g.Largest[i] = g.Largest[i-1]
	}
	g.Largest[i] = v
}
