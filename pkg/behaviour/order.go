package behaviour

import (
	"fmt"
	"math"
)

// steps count how often requests for one route follow those for another. Pairs
// that fall on one place count together: that makes them less surprising, never
// more.
type steps struct {
	counts []float32
	total  float32
}

const (
	stepPlaces   = 1 << 16
	enoughSteps  = 1000
	stepWeigh    = 8    // of steps from a route, for how often the other is entered at all
	surpriseMost = 14.0 // of one step
	forgetSteps  = 1 << 22
	strange      = 4.0  // deviations below which nothing is said
	orderRare    = 0.03 // how much rarer than others this has to be: there are many ways to be odd
)

func newSteps() *steps { return &steps{counts: make([]float32, stepPlaces)} }

func pair(from, to uint64) uint64 {
	return from*0x9e3779b97f4a7c15 ^ (to*0xd6e8feb86659fd93)>>1 ^ to<<31
}

func placeOfPair(pair uint64) int { return int(pair * 0x9e3779b97f4a7c15 >> 48) }

// surprise of a step, in nats: how far from certain it was.
func (s *steps) surprise(pair uint64, from, to *route) float64 {
	entered := float64(to.entered+1) / float64(s.total+64)
	chance := (float64(min(s.counts[placeOfPair(pair)], from.left)) + stepWeigh*entered) / (float64(from.left) + stepWeigh)
	return math.Min(-math.Log(chance), surpriseMost)
}

// learn takes in a step.
func (s *steps) learn(pair uint64, surprise float64, from, to *route) {
	if s.total >= forgetSteps {
		s.total /= 2
		for i := range s.counts {
			s.counts[i] /= 2
		}
	}
	s.counts[placeOfPair(pair)]++
	s.total++
	to.entered++
	from.left++
	rate := max(1/from.left, 0.002)
	off := float32(surprise) - from.mean
	from.mean += rate * off
	from.variance += rate * (off*(1-rate)*off - from.variance)
}

// step watches the way from route to route. Staying on one tells nothing, and a
// step counts once a window: what a page does by itself again and again is one
// oddity, and nobody makes his own way the usual one.
func (p *pass) step(r *record, a *actor) {
	if r.template == nil || !r.given && !r.denied {
		return
	}
	before, sameClient := a.route, a.agent == uint32(r.agent)
	a.route, a.agent = r.route, uint32(r.agent)
	if before == 0 || before == r.route || !sameClient {
		return
	}
	o := p.observer
	place := o.routes.find(before)
	if place < 0 {
		return
	}
	from, pair := o.routes.at(place), pair(before, r.route)
	bit := uint64(1) << (pair >> 58)
	if a.taught&bit != 0 {
		return
	}
	a.taught |= bit
	surprise := o.steps.surprise(pair, from, r.template)
	if from.left >= stepWeigh {
		a.steps++
		a.surprise += float32(surprise) - from.mean
		a.spread += max(from.variance, 0.25)
	}
	o.steps.learn(pair, surprise, from, r.template)
	p.strayed(r, a)
}

// unusual is how surprising an actor's steps are altogether, in deviations of
// such a sum.
func (w *watch) unusual() float64 {
	return math.Min(math.Max(float64(w.surprise)/math.Sqrt(float64(w.spread)+4), 0), 18)
}

// strayed looks for steps that hardly anybody takes.
func (p *pass) strayed(r *record, a *actor) {
	if !p.wanted(a, order, float64(a.steps)) || !a.alone() || p.observer.steps.total < enoughSteps {
		return
	}
	c, known := p.company(a, func(c *company) *peers { return &c.surprise })
	if c == nil {
		return
	}
	unusual := a.unusual()
	chance := 1.0
	if unusual >= strange {
		chance = known.tail(math.Expm1(unusual))
	}
	if !p.judge(a, order, float64(a.steps), chance, orderRare*p.rare()) {
		return
	}
	usual := func(share float64) float64 { return math.Log1p(known.quantile(share)) }
	p.say(order, r, a, look{
		chance: chance, seen: unusual, expected: usual(0.5), lower: usual(0.05), upper: usual(0.95),
		series: "how unusual an actor's way through the routes is, at " + p.siteName(r), unit: "deviations",
		reason: fmt.Sprintf("%d different steps from route to route in %s are together %.1f deviations less likely than ways through %s are (of 20 others, 19 stay below %.1f)",
			a.steps, since(a, r), unusual, p.siteName(r), usual(0.95)),
	})
}

// endSteps takes the way of a window into what is ordinary.
func (o *Observer) endSteps(c *company, a *actor, weight float32) {
	if float64(a.steps) >= float64(o.limits.Steps)/2 && a.alone() {
		c.surprise.learn(math.Expm1(a.unusual()), weight)
	}
}

func (s *steps) code(c *codec) {
	c.float(&s.total)
	c.floats(s.counts)
}
