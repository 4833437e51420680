package baseline

import "math"

// A surprise is what the signs of a point come to.
type surprise struct {
	claim  float64 // chance by its two strongest signs, each by its own tail
	chance float64 // of a claim as small: calibrated
	x      float64 // the claim as it is counted
	kind   int     // the strongest sign
	jumped float64 // chance of the jump alone
}

// judges weigh signs by the tails that they had before.
type judges struct {
	Tails [kinds]reach
	All   ranks
}

func (j *judges) prepare() {
	for i := range j.Tails {
		j.Tails[i].Tail = *NewTail(TailOptions{WarmUp: signWarmUp})
	}
}

// begins is the chance that something as unusual begins here: between what is
// claimed, which ranks what is far out the best, and what it is calibrated to.
func (c *surprise) begins() float64 { return math.Sqrt(c.claim * c.chance) }

// weigh takes the geometric mean of the chances of the two strongest of four
// signs: one alone may be the tail of a restless series, two are seldom. None
// of the value and the jump is believed to be rarer than its floor.
func (j *judges) weigh(s *signs, floor float64) surprise {
	c := surprise{jumped: 1}
	first, second := 0.0, 0.0
	for _, pair := range [...][2]int{{high, low}, {jump, fall}, {wild, calm}, {unseen, unseen}} {
		chance, kind := j.either(s, pair)
		if pair[0] == high || pair[0] == jump {
			chance = math.Max(chance, floor)
		}
		if pair[0] == jump {
			c.jumped = chance
		}
		if strength := -math.Log(chance); strength > first {
			first, second, c.kind = strength, first, kind
		} else {
			second = math.Max(second, strength)
		}
	}
	c.claim = math.Exp(-(first + second) / 2)
	c.x = (first + second) / 4
	c.chance = j.All.chance(c.x)
	return c
}

func (j *judges) either(s *signs, pair [2]int) (chance float64, kind int) {
	chance, kind = 1, pair[0]
	for _, i := range pair {
		if p := j.Tails[i].chance(s[i]); p < chance {
			chance, kind = p, i
		}
	}
	return chance, kind
}

func (j *judges) learn(s *signs, c *surprise, judged bool) {
	for i, x := range s {
		if !math.IsNaN(x) {
			j.Tails[i].learn(x)
		}
	}
	if judged {
		j.All.add(c.x)
	}
}
