package behaviour

import "math"

// peers is how much of something actors have: a histogram on a logarithmic
// scale, two buckets an octave, from which it is told how rare a value is. What
// lies beyond all that was seen is judged by how the tail falls off: as a power,
// with a prior that is slow to believe in thin tails, and with what is uncertain
// about it taken into account.
type peers struct {
	n       float32
	buckets [buckets]float32
}

const (
	buckets = 56 // up to 2^28
	// remembered is how many actors weigh as much as those before them.
	remembered = 20_000
	tailLeast  = 8.0 // actors make the tail
	priorWeigh = 4.0 // of actors, for the prior of the tail
	priorSlope = 0.4 // mean of the logarithm over the tail's beginning
)

// tailShares are the shares of actors that may make the tail.
var tailShares = [...]float64{0.05, 0.01, 0.002, 0}

func bucketOf(x float64) int {
	return max(min(int(2*math.Log2(1+x)), buckets-1), 0)
}

// edge is where a bucket begins, as a logarithm of one plus the value.
func edge(bucket int) float64 { return float64(bucket) * math.Ln2 / 2 }

// full tells whether the next actor makes those before him count half.
func (p *peers) full() bool { return p.n >= remembered }

// learn adds an actor with so much, with a weight of at most one.
func (p *peers) learn(x float64, weight float32) {
	if p.full() {
		p.n /= 2
		for i := range p.buckets {
			p.buckets[i] /= 2
		}
	}
	p.n += weight
	p.buckets[bucketOf(x)] += weight
}

// tail is the probability of so much or more. It is 1 when there are no peers.
// The tail is taken to begin at several places, and the least alarming answer
// holds: a flood of actors who do next to nothing must not make others look
// busy.
func (p *peers) tail(x float64) float64 {
	if p.n < 1 {
		return 1
	}
	n, worst := float64(p.n), 0.0
	for _, part := range tailShares {
		need := math.Max(part*n, math.Min(tailLeast, n/2))
		if worst = math.Max(worst, p.tailFrom(x, need)); need <= tailLeast {
			break
		}
	}
	return math.Min(worst, 1)
}

// tailFrom is the probability if the tail begins where so many are beyond.
func (p *peers) tailFrom(x, need float64) float64 {
	from, beyond, sum := buckets-1, 0.0, 0.0
	for ; from > 0; from-- {
		if beyond += float64(p.buckets[from]); beyond >= need {
			break
		}
	}
	if from == 0 {
		beyond = float64(p.n)
	}
	if bucketOf(x) <= from {
		return p.from(bucketOf(x)) / float64(p.n)
	}
	for b := from; b < buckets; b++ {
		sum += float64(p.buckets[b]) * (edge(b) - edge(from) + math.Ln2/4)
	}
	y := math.Log1p(x) - edge(from)
	return beyond / float64(p.n) * math.Pow(1+y/(sum+priorWeigh*priorSlope), -(beyond+priorWeigh))
}

// from counts those in a bucket and above.
func (p *peers) from(bucket int) float64 {
	n := 0.0
	for _, c := range p.buckets[bucket:] {
		n += float64(c)
	}
	return n
}

// quantile is how much a share of the actors has at most; about.
func (p *peers) quantile(share float64) float64 {
	left := share * float64(p.n)
	for b, c := range p.buckets {
		if left -= float64(c); left <= 0 && c > 0 {
			part := 1 + left/float64(c)
			return math.Expm1(edge(b) + part*math.Ln2/2)
		}
	}
	return 0
}

func (p *peers) code(c *codec) {
	c.float(&p.n)
	c.floats(p.buckets[:])
}
