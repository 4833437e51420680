package baseline

import "math"

// TailOptions say how long a Tail remembers. The zero value is ready.
type TailOptions struct {
	Memory int // events of a generation, of which two are kept; 0 = 8,000
	WarmUp int // events before the first verdict; 0 = 100
}

const (
	tailKept     = 18   // largest events of a generation
	tailPart     = 0.1  // of the events are tail, at most
	tailLeast    = 4    // events are tail, at least
	tailMemory   = 8000 // events
	tailWarmUp   = 100  // events
	tailShape    = 0.3  // of the Pareto law, before anything was seen
	tailShapeFor = 16   // events that this is worth
	leastShape   = 0.02 // no tail ends
	mostShape    = 0.9
	leastChance  = 1e-30
)

// Tail knows how large single events of one sort are: how often one at least
// as large happens, by a generalised Pareto law over the largest of the last
// ones. It keeps less than 300 bytes, and is not safe for concurrent use.
type Tail struct {
	Memory, WarmUp int32
	Now, Before    generation
	law            pareto
}

// A generation is the largest of so many events, the largest first.
type generation struct {
	Seen    int32
	Kept    int32
	Largest [tailKept]float32
}

// pareto is the law of what is beyond a threshold. The zero value is unknown.
type pareto struct {
	threshold, mean, shape float32
	above                  int32 // events that are beyond it
}

// NewTail makes a Tail that has seen nothing.
func NewTail(o TailOptions) *Tail {
	t := &Tail{Memory: int32(o.Memory), WarmUp: int32(o.WarmUp)}
	if t.Memory <= 0 {
		t.Memory = tailMemory
	}
	if t.WarmUp <= 0 {
		t.WarmUp = tailWarmUp
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
	t.learn(x)
	return p, ok
}

// Chance is what Observe tells, without learning. It is 1 for what is not
// among the largest tenth.
func (t *Tail) Chance(x float64) (p float64, ok bool) {
	n := int(t.Now.Seen) + int(t.Before.Seen)
	if n < int(t.WarmUp) {
		return 1, false
	}
	if most := t.most(n); int(t.law.above) != most-1 {
		t.fit(most)
	}
	off := x - float64(t.law.threshold)
	if !(off > 0) {
		return 1, true
	}
	return max(leastChance, float64(t.law.above)/float64(n)*t.law.beyond(off)), true
}

func (t *Tail) learn(x float64) {
	if t.Now.Seen >= t.Memory {
		t.Before, t.Now = t.Now, generation{}
	}
	if t.Now.add(float32(bound(x, math.MaxFloat32))) {
		t.law = pareto{}
	}
}

// most is how many of the largest say what the tail is, the threshold included.
func (t *Tail) most(n int) int {
	most := min(tailKept, int(t.Now.Kept)+int(t.Before.Kept), int(float64(n)*tailPart))
	return max(tailLeast, most)
}

// fit makes the law of the largest: by probability-weighted moments, its shape
// held to what is usual while the tail is short.
func (t *Tail) fit(most int) {
	var top [tailKept]float64
	for i, a, b := 0, 0, 0; i < most; i++ {
		if b >= int(t.Before.Kept) || a < int(t.Now.Kept) && t.Now.Largest[a] >= t.Before.Largest[b] {
			top[i] = float64(t.Now.Largest[a])
			a++
		} else {
			top[i] = float64(t.Before.Largest[b])
			b++
		}
	}
	threshold, k := top[most-1], float64(most-1)
	mean, weighted := 0.0, 0.0
	for i, x := range top[:most-1] {
		mean += (x - threshold) / k
		weighted += (x - threshold) / k * (float64(i) + 0.65) / k
	}
	t.law = pareto{threshold: float32(threshold), mean: float32(mean), above: int32(most - 1)}
	shape := 2 - mean/(mean-2*weighted)
	if math.IsNaN(shape) || math.IsInf(shape, 0) {
		shape = tailShape
	}
	shape = (k*bound(shape, 1) + tailShapeFor*tailShape) / (k + tailShapeFor)
	t.law.shape = float32(max(leastShape, min(mostShape, shape)))
}

// beyond is the share of the tail that is at least so far beyond the threshold.
func (l *pareto) beyond(off float64) float64 {
	if l.mean <= 0 {
		return 1 / (float64(l.above) + 1)
	}
	shape := float64(l.shape)
	return math.Pow(1+shape*off/(float64(l.mean)*(1-shape)), -1/shape)
}

// add takes an event in, and tells whether it is one of the largest.
func (g *generation) add(x float32) bool {
	g.Seen++
	if g.Kept < tailKept {
		g.Kept++
	} else if x <= g.Largest[tailKept-1] {
		return false
	}
	i := g.Kept - 1
	for ; i > 0 && g.Largest[i-1] < x; i-- {
		g.Largest[i] = g.Largest[i-1]
	}
	g.Largest[i] = x
	return true
}
