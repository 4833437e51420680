package baseline

import "math"

const modest = 10 // claims are not taken to be as many times too large

// A surprise is what the signs of a point come to.
type surprise struct {
	claim   float64 // chance by how far out and how new the point is, each by its own tail
	chance  float64 // of a claim as small: calibrated
	x       float64 // the claim as it is counted
	kind    int     // the strongest sign
	gradual bool    // it had been coming: as far off before, by half at least
	lasting float64 // chance of being off for as long
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

// weigh takes the geometric mean of two chances: of the strongest sign of how
// far out the point is, and of how far it is from all that was seen about this
// time. A restless series has its ordinary tail in one of them, hardly in both.
func (j *judges) weigh(s *signs) surprise {
	out, kind := 1.0, high
	jumped, jumpKind := j.either(s, jump, fall)
	value, valueKind := j.either(s, high, low)
	lasting, lastingKind := j.either(s, over, under)
	restless, restlessKind := j.either(s, wild, calm)
	for _, sign := range [...]struct {
		chance float64
		kind   int
	}{{value, valueKind}, {jumped, jumpKind}, {lasting, lastingKind}, {restless, restlessKind}} {
		if sign.chance < out {
			out, kind = sign.chance, sign.kind
		}
	}
	c := surprise{kind: kind, lasting: lasting}
	c.claim = math.Sqrt(out * j.Tails[unseen].chance(s[unseen]))
	return c
}

// calibrate says how often as much is claimed; a claim is not believed to be
// below the floor.
func (j *judges) calibrate(c *surprise, floor float64) {
	c.claim = max(max(c.claim, leastChance), min(1, floor))
	c.x = -math.Log(c.claim) / 2
	c.chance = max(j.All.chance(c.x), c.claim/modest)
}

// either is the chance of the stronger of two signs.
func (j *judges) either(s *signs, a, b int) (chance float64, kind int) {
	chance = j.Tails[a].chance(s[a])
	if other := j.Tails[b].chance(s[b]); other < chance {
		return other, b
	}
	return chance, a
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
