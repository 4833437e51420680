package behaviour

// kindred counts actors by a share of theirs, in tenths. Where there are two
// kinds of actors, such as customers and those who help them, no single
// distribution tells of the few; this does.
type kindred [tenths]float32

const (
	tenths     = 10
	someTrials = 4    // fewer do not place an actor
	several    = 3.0  // actors are a kind, and no exception
	alikeFrom  = 0.75 // of a share is still like it
)

func tenthOf(x float64) int { return max(min(int(x*tenths), tenths-1), 0) }

// learn adds an actor with so many of so many trials, who has been watched so
// often before: one who comes back is not several.
func (k *kindred) learn(hits, trials uint32, weight float32, before uint16) {
	if trials < someTrials {
		return
	}
	k[tenthOf(float64(hits)/float64(trials))] += weight / float32(before+1)
}

// chance is which part of so many actors has a share like this, or a larger one,
// if several have; else 0.
func (k *kindred) chance(hits, trials uint32, actors float32) float64 {
	if trials == 0 {
		return 0
	}
	such := float32(0)
	for _, n := range k[tenthOf(alikeFrom*float64(hits)/float64(trials)):] {
		such += n
	}
	if such < several {
		return 0
	}
	return float64(such / max(actors, such))
}

// fade halves the counts, when those of all actors are halved.
func (k *kindred) fade() {
	for i := range k {
		k[i] /= 2
	}
}

func (k *kindred) code(c *codec) { c.floats(k[:]) }
