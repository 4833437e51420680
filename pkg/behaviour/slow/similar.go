package slow

import (
	"cmp"
	"math"
	"slices"
)

// Candidate is somebody who may be alike.
type Candidate struct {
	Name    string
	Profile *Profile
}

// Match is how alike a candidate is.
type Match struct {
	Name     string
	Likeness float64 // 0..1
	Parts    []Likeness
}

// Likeness is how alike two are in one aspect, and what of the whole that is.
type Likeness struct {
	Aspect   Aspect
	Likeness float64 // 0..1
	Share    float64 // of the whole; all parts together are 1
	Common   string  // the rarest feature that both have
}

// weights are what the aspects are worth: a compromise between what tells bots
// of one script from all others, in a simulated population and on a public log,
// and what finds a client again. How well each aspect does alone is printed by
// the test, and what all do together by `make alike`.
func weights() [aspects]float64 {
	return [aspects]float64{
		Paths: 2, Order: 2, Answers: 1, Pace: 1, Hours: 0.25, Agent: 2, Handshake: 0.5, Queries: 1.5, Referers: 0.75, Kinds: 1,
	}
}

// forged is what another user agent weighs, beside the same one.
const forged = 0.5

// Similar ranks candidates by how alike they are to a profile, the most alike
// first; at most limit. What many of the candidates have in common counts less
// than what few have.
func Similar(of *Profile, candidates []Candidate, limit int) []Match {
	rarity := rarities(of, candidates)
	matches := make([]Match, 0, len(candidates))
	for i := range candidates {
		matches = append(matches, compareProfiles(of, &candidates[i], &rarity))
	}
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(-cmp.Compare(a.Likeness, b.Likeness), cmp.Compare(a.Name, b.Name))
	})
	return matches[:min(limit, len(matches))]
}

// rarity is what a feature is worth: the logarithm of how many there are to one
// who has it.
type rarity [aspects]map[string]float64

func rarities(of *Profile, candidates []Candidate) (r rarity) {
	total := float64(len(candidates) + 1)
	for a := range r {
		counts := map[string]float64{}
		for f := range of.features[a] {
			counts[f]++
		}
		for i := range candidates {
			for f := range candidates[i].Profile.features[a] {
				counts[f]++
			}
		}
		for f, n := range counts {
			counts[f] = math.Log1p(total / n)
		}
		r[a] = counts
	}
	return r
}

func compareProfiles(of *Profile, c *Candidate, r *rarity) Match {
	m := Match{Name: c.Name}
	worth := weights()
	var whole, sum float64
	for a := range aspects {
		mine, theirs := of.features[a], c.Profile.features[a]
		if len(mine) == 0 && len(theirs) == 0 {
			continue
		}
		p := Likeness{Aspect: a}
		if spread(a) {
			p.Likeness = overlap(mine, theirs)
		} else {
			p.Likeness, p.Common = cosine(mine, theirs, r[a])
		}
		if a == Agent {
			// One is soon forged: another one says less than the same.
			worth[a] *= forged + (1-forged)*p.Likeness
		}
		whole += worth[a]
		p.Share = worth[a] * p.Likeness
		sum += p.Share
		m.Parts = append(m.Parts, p)
	}
	if whole > 0 {
		m.Likeness = sum / whole
	}
	for i := range m.Parts {
		m.Parts[i].Share /= max(sum, math.SmallestNonzeroFloat64)
	}
	slices.SortStableFunc(m.Parts, func(a, b Likeness) int { return -cmp.Compare(a.Share, b.Share) })
	return m
}

// spread tells whether an aspect has few features, which nearly everybody has:
// how they are spread is what counts.
func spread(a Aspect) bool {
	return a == Pace || a == Hours || a == Answers || a == Kinds || a == Referers
}

// cosine compares bags of features, each worth its rarity, and however often
// it was seen a little more.
func cosine(a, b, rarity map[string]float64) (likeness float64, common string) {
	var dot, na, nb, best float64
	weight := func(n, r float64) float64 { return (1 + math.Log(n)) * r }
	for f, n := range a {
		w := weight(n, rarity[f])
		na += w * w
		if n, both := b[f]; both {
			d := w * weight(n, rarity[f])
			dot += d
			if rarity[f] > best || rarity[f] == best && f < common {
				best, common = rarity[f], f
			}
		}
	}
	for f, n := range b {
		w := weight(n, rarity[f])
		nb += w * w
	}
	if na == 0 || nb == 0 {
		return 0, ""
	}
	return min(1, dot/math.Sqrt(na*nb)), common
}

// overlap compares distributions: the share that both have.
func overlap(a, b map[string]float64) float64 {
	total := func(m map[string]float64) (n float64) {
		for _, v := range m {
			n += v
		}
		return n
	}
	na, nb, both := total(a), total(b), 0.0
	if na == 0 || nb == 0 {
		return 0
	}
	for f, n := range a {
		both += min(n/na, b[f]/nb)
	}
	return both
}
