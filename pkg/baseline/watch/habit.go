package watch

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A habit is what a person or address does in an hour in which anything is
// done, on a logarithmic scale. It takes a few bytes, since there are as many
// of them as people; a person has no course of the week that minutes could
// show. While little is known of one, the crowd's habit stands in for it.
type habit struct {
	Level  float32 // mean of the logarithm
	Spread float32 // its variance
	Hours  float32 // that it rests on
}

const (
	habitMemory = 168 // hours with requests after which half is forgotten
	crowdWorth  = 4   // hours that the crowd's habit is worth to one of it
	crowdLeast  = 200 // hours of people that make a crowd
	crowdMemory = 50_000
)

// learn takes in an hour.
func (h *habit) learn(amount, memory float64) {
	x := math.Log1p(amount)
	h.Hours = float32(math.Min(float64(h.Hours)+1, memory))
	off := x - float64(h.Level)
	rate := 1 / float64(h.Hours)
	h.Level += float32(rate * off)
	h.Spread += float32(rate * (off*off*(1-rate) - float64(h.Spread)))
}

// within is the habit of one of a crowd: mean, variance of the next hour, and
// how many hours that is known from.
func (h *habit) within(crowd *habit) (level, variance, hours float64) {
	n := float64(h.Hours)
	all := n + crowdWorth
	level = (n*float64(h.Level) + crowdWorth*float64(crowd.Level)) / all
	between := float64(crowd.Level) - float64(h.Level)
	variance = (n*float64(h.Spread) + crowdWorth*float64(crowd.Spread) + n*crowdWorth/all*between*between) / all
	return level, variance*(1+1/all) + math.Exp(-level), all // and what chance does to counts
}

// chance is that of an hour with as much as that or more, and what is expected
// and ordinary. It is 1 for what is not far out.
func (h *habit) chance(crowd *habit, amount float64) (chance, expected, upper float64) {
	level, variance, hours := h.within(crowd)
	scale := math.Sqrt(variance)
	z := (math.Log1p(amount) - level) / scale
	if z < 3 {
		return 1, 0, 0
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: math.Min(hours, 30) + 2}
	return t.Survival(z), math.Expm1(level), math.Expm1(level + scale*t.Quantile(0.999))
}

func (h *habit) code(c *coder) {
	c.small(&h.Level)
	c.small(&h.Spread)
	c.small(&h.Hours)
}
