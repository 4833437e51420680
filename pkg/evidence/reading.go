package evidence

import (
	"cmp"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Shift is how far feedback has moved a rule's findings about a kind of actor,
// in nats. nil = not at all.
type Shift func(rule string) float64

func (s Shift) of(rule string) float64 {
	if s == nil {
		return 0
	}
	return s(rule)
}

// Reading is what an account comes to at a time, explained.
type Reading struct {
	Risk          float64        `json:"risk"`          // 0..1
	Kinds         []string       `json:"kinds"`         // of evidence that count, in order
	Contributions []Contribution `json:"contributions"` // the weightiest first
}

// Contribution is one rule's part in a risk.
type Contribution struct {
	Rule     string         `json:"rule"`
	Family   finding.Family `json:"family"`
	Findings int            `json:"findings"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Nats     float64        `json:"nats"`     // it still weighs, feedback included
	Feedback float64        `json:"feedback"` // by which analysts have moved it, in nats
	Counts   float64        `json:"counts"`   // of its nats, what its family's cap leaves
	Share    float64        `json:"share"`    // of all that counts, 0..1
}

// weights are what strands weigh at a time, in their order, and their families.
type weights struct {
	strands  []float64
	families []familyWeight
}

type familyWeight struct {
	family finding.Family
	nats   float64 // without the cap
}

func (s *Scale) weigh(a *Account, now time.Time, shift Shift) weights {
	w := weights{strands: make([]float64, len(a.Strands)), families: make([]familyWeight, 0, len(a.Strands))}
	for i := range a.Strands {
		t := &a.Strands[i]
		w.strands[i] = s.present(t, now, shift)
		at := slices.IndexFunc(w.families, func(f familyWeight) bool { return f.family == t.Family })
		if at < 0 {
			at = len(w.families)
			w.families = append(w.families, familyWeight{family: t.Family})
		}
		w.families[at].nats += w.strands[i]
	}
	return w
}

// present is what a strand weighs at a time. A strand without weight of its
// own (all its requests are another rule's) has none by feedback either.
func (s *Scale) present(t *Strand, now time.Time, shift Shift) float64 {
	if t.Nats <= 0 {
		return 0
	}
	return max(0, t.Nats+shift.of(t.Rule)) * s.fresh(t.Family, time.Duration(now.UnixNano()-t.Last))
}

func (s *Scale) risks(w weights) float64 {
	sum := 0.0
	for _, f := range w.families {
		sum += min(f.nats, s.options.Cap)
	}
	return s.risk(sum)
}

// kinds are the kinds of evidence that count, sorted. Rules without a family
// are evidence beside others, never another kind.
func (s *Scale) kinds(w weights) []string {
	var list []string
	for _, f := range w.families {
		kind := string(s.kindOf(f.family))
		if f.nats >= Faint && f.family != finding.Rule && !slices.Contains(list, kind) {
			list = append(list, kind)
		}
	}
	slices.Sort(list)
	return list
}

// Risk is what an account comes to at a time, 0..1.
func (s *Scale) Risk(a *Account, now time.Time, shift Shift) float64 {
	return s.risks(s.weigh(a, now, shift))
}

// Explain tells what an account comes to at a time, and by what.
func (s *Scale) Explain(a *Account, now time.Time, shift Shift) Reading {
	w := s.weigh(a, now, shift)
	r := Reading{Risk: s.risks(w), Kinds: s.kinds(w), Contributions: make([]Contribution, len(a.Strands))}
	total := 0.0
	for i := range a.Strands {
		t := &a.Strands[i]
		r.Contributions[i] = Contribution{
			Rule: t.Rule, Family: t.Family, Findings: t.Count, First: time.Unix(0, t.First).UTC(), Last: time.Unix(0, t.Last).UTC(),
			Nats: w.strands[i], Feedback: shift.of(t.Rule), Counts: w.strands[i] * s.capped(w, t.Family),
		}
		total += r.Contributions[i].Counts
	}
	for i := range r.Contributions {
		if total > 0 {
			r.Contributions[i].Share = r.Contributions[i].Counts / total
		}
	}
	slices.SortStableFunc(r.Contributions, func(a, b Contribution) int { return cmp.Compare(b.Counts, a.Counts) })
	return r
}

// capped is how much of a family's weight its cap leaves, 0..1.
func (s *Scale) capped(w weights, family finding.Family) float64 {
	for _, f := range w.families {
		if f.family == family && f.nats > s.options.Cap {
			return s.options.Cap / f.nats
		}
	}
	return 1
}
