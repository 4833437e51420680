package evidence

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of an account.
const (
	maxStrands = 24
	maxClaims  = 8
)

// Account is the evidence about one actor. The zero Account is empty. Its
// fields are what a checkpoint keeps. A copy of it shares memory with it; see
// Clone.
type Account struct {
	Strands []Strand `json:"strands,omitempty"` // in the order of their rules and families
	Claims  []Claim  `json:"claims,omitempty"`
}

// Strand is what one rule has found of an actor, in one family: the next
// version of a rule may name another.
type Strand struct {
	Rule   string         `json:"rule"`
	Family finding.Family `json:"family"`
	// Nats is what it weighed when it was found last; it fades from then on.
	Nats        float64      `json:"nats"`
	Count       int          `json:"count"` // findings
	First       int64        `json:"first"` // by the records, Unix nanoseconds
	Last        int64        `json:"last"`
	Hours       Hours        `json:"hours"`     // in which it was found
	Suggested   finding.Tier `json:"suggested"` // the most urgent that its findings did
	Statistical bool         `json:"statistical,omitempty"`
	Magnitude   float64      `json:"magnitude,omitempty"` // the largest, of statistical findings
}

// Claim is a request of late whose weight went to one rule: another rule's
// finding about the same request adds nothing.
type Claim struct {
	Request uint64         `json:"request"`
	Rule    string         `json:"rule"`
	Family  finding.Family `json:"family"`
	Nats    float64        `json:"nats"`
	At      int64          `json:"at"`
}

// Clone is a copy that shares nothing with the account.
func (a *Account) Clone() Account {
	return Account{Strands: slices.Clone(a.Strands), Claims: slices.Clone(a.Claims)}
}

// Empty tells whether there is no evidence.
func (a *Account) Empty() bool { return len(a.Strands) == 0 }

// Add adds a new finding. share is how much of it is about this actor, 0..1: of
// a finding that is somebody else's in the first place only a log line is
// left. The order in which findings come does not matter, as far as the
// account's bounds go.
func (s *Scale) Add(a *Account, f *finding.Finding, share float64) {
	strand := s.strand(a, f)
	strand.Count++
	strand.note(f)
	if share >= 1 {
		strand.Suggested = max(strand.Suggested, f.Tier)
	} else {
		strand.Suggested = max(strand.Suggested, finding.Log)
	}
	s.move(strand, f.Time.UnixNano())
	s.claim(a, Claim{Request: requestOf(f), Rule: f.Rule, Family: f.Family, Nats: share * s.Weight(f), At: f.Time.UnixNano()})
}

// Renew takes a finding that was there before, and has grown. old is what it
// was; nil if that is not known any more.
func (s *Scale) Renew(a *Account, f, old *finding.Finding) {
	request, before := requestOf(f), a.find(f.Rule, f.Family)
	if before == nil {
		s.Add(a, f, 1)
		return
	}
	before.note(f)
	before.Suggested = max(before.Suggested, f.Tier)
	s.move(before, f.Time.UnixNano())
	next := Claim{Request: request, Rule: f.Rule, Family: f.Family, Nats: s.Weight(f), At: f.Time.UnixNano()}
	if i := a.claimed(request); i >= 0 {
		held := a.Claims[i]
		if held.Rule != f.Rule || held.Family != f.Family {
			return
		}
		a.Claims = slices.Delete(a.Claims, i, i+1)
		s.pay(a, held, -1)
	} else if old != nil {
		s.pay(a, Claim{Rule: f.Rule, Family: f.Family, Nats: s.Weight(old), At: old.Time.UnixNano()}, -1)
	} else {
		return // what it weighs has been counted, nobody knows how much
	}
	s.claim(a, next)
}

// Forget drops what some rules have found, and counts what is kept of it
// again. Nothing weighs more than it did afterwards: a request whose weight
// went to one of these rules does not give it to another that found the same.
func (s *Scale) Forget(a *Account, rules func(rule string) bool, kept []finding.Finding) {
	before := a.Clone()
	a.Strands = slices.DeleteFunc(a.Strands, func(t Strand) bool { return rules(t.Rule) })
	a.Claims = slices.DeleteFunc(a.Claims, func(c Claim) bool { return rules(c.Rule) })
	for i := range kept {
		if rules(kept[i].Rule) {
			s.Add(a, &kept[i], 1)
		}
	}
	for i := range a.Strands {
		a.Strands[i].limit(before.find(a.Strands[i].Rule, a.Strands[i].Family))
	}
}

// limit keeps a strand that was counted again below what it was.
func (t *Strand) limit(was *Strand) {
	if was != nil {
		t.Nats, t.Suggested = min(t.Nats, was.Nats), min(t.Suggested, was.Suggested)
	}
}

// claim gives a request's weight to the rule that makes most of it.
func (s *Scale) claim(a *Account, c Claim) {
	i := a.claimed(c.Request)
	if i < 0 {
		s.pay(a, c, 1)
		a.Claims = append(a.Claims, c)
		if len(a.Claims) > maxClaims {
			oldest := slices.IndexFunc(a.Claims, func(o Claim) bool { return o == slices.MinFunc(a.Claims, compareClaims) })
			a.Claims = slices.Delete(a.Claims, oldest, oldest+1)
		}
		return
	}
	held := a.Claims[i]
	if cmp.Or(cmp.Compare(c.Nats, held.Nats), cmp.Compare(held.Rule, c.Rule), cmp.Compare(held.Family, c.Family)) <= 0 {
		return
	}
	s.pay(a, held, -1)
	s.pay(a, c, 1)
	a.Claims[i] = c
}

func compareClaims(a, b Claim) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Request, b.Request))
}

func (a *Account) claimed(request uint64) int {
	return slices.IndexFunc(a.Claims, func(c Claim) bool { return c.Request == request })
}

// pay adds a claim to its rule's strand, or takes it off.
func (s *Scale) pay(a *Account, c Claim, sign float64) {
	if t := a.find(c.Rule, c.Family); t != nil {
		t.Nats = max(0, t.Nats+sign*c.Nats*s.fresh(t.Family, time.Duration(t.Last-c.At)))
	}
}

// move brings a strand to the time of its last finding.
func (s *Scale) move(t *Strand, at int64) {
	if t.Last == 0 {
		t.First, t.Last, t.Hours = at, at, 1
		return
	}
	t.First = min(t.First, at)
	t.Hours = t.Hours.with(t.Last, at)
	if at > t.Last {
		t.Nats *= s.fresh(t.Family, time.Duration(at-t.Last))
		t.Last = at
	}
}

// note takes what a finding tells of a strand besides its weight.
func (t *Strand) note(f *finding.Finding) {
	if f.Statistic == nil {
		return
	}
	t.Statistical, t.Magnitude = true, max(t.Magnitude, magnitude(f.Statistic))
}

// magnitude is how many times what was expected was seen, or the other way
// round; 0 when nothing was expected, or nothing was seen.
func magnitude(s *finding.Statistic) float64 {
	ratio := s.Seen / s.Expected
	ratio = max(ratio, 1/ratio)
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return 0
	}
	return ratio
}

func (a *Account) find(rule string, family finding.Family) *Strand {
	if i, ok := a.place(rule, family); ok {
		return &a.Strands[i]
	}
	return nil
}

func (a *Account) place(rule string, family finding.Family) (int, bool) {
	return slices.BinarySearchFunc(a.Strands, rule, func(t Strand, rule string) int {
		return cmp.Or(cmp.Compare(t.Rule, rule), cmp.Compare(t.Family, family))
	})
}

// isOf tells whether a finding is of a strand.
func (t *Strand) isOf(f *finding.Finding) bool { return t.Rule == f.Rule && t.Family == f.Family }

// strand gives that of a finding's rule, making room for a new one: what
// weighs least by then goes.
func (s *Scale) strand(a *Account, f *finding.Finding) *Strand {
	i, ok := a.place(f.Rule, f.Family)
	if ok {
		return &a.Strands[i]
	}
	if len(a.Strands) >= maxStrands {
		s.evict(a, f.Time)
		i, _ = a.place(f.Rule, f.Family)
	}
	a.Strands = slices.Insert(a.Strands, i, Strand{Rule: f.Rule, Family: f.Family})
	return &a.Strands[i]
}

func (s *Scale) evict(a *Account, now time.Time) {
	weighs := func(t *Strand) float64 {
		return t.Nats * s.fresh(t.Family, time.Duration(now.UnixNano()-t.Last))
	}
	least := 0
	for i := range a.Strands {
		if weighs(&a.Strands[i]) < weighs(&a.Strands[least]) {
			least = i
		}
	}
	a.Strands = slices.Delete(a.Strands, least, least+1)
}

// requestOf tells requests apart. What a statistical finding tells of is no
// one request.
func requestOf(f *finding.Finding) uint64 {
	text := f.Sighting.Record
	if text == "" || f.Statistic != nil {
		text = f.ID
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
