package respond

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of what is kept about one actor.
const (
	maxEvidence = 10
	maxReasons  = 8
	maxShippers = 4
	maxBlockIDs = 8
)

// Actor is somebody about whom evidence is kept, or something that evidence is
// about, as it stands.
type Actor struct {
	Actor     finding.Actor    `json:"actor"`
	Tier      finding.Tier     `json:"tier,omitempty"`     // the most urgent of its stories'; 0 when all are over
	Reasons   []string         `json:"reasons,omitempty"`  // of its stories
	Families  []finding.Family `json:"families,omitempty"` // that were found since it was last quiet
	Findings  int              `json:"findings"`           // how many, discarded ones not counted
	FirstSeen time.Time        `json:"first_seen"`         // by the records
	LastSeen  time.Time        `json:"last_seen"`          // by the records
	Touched   time.Time        `json:"touched"`            // when evidence came in last, by our clock
	// Risk is what the evidence comes to now, 0..1. It is not kept.
	Risk float64 `json:"-"`
	// Account is the evidence as it weighs.
	Account evidence.Account `json:"account"`
	// Evidence is the latest findings, oldest first.
	Evidence []finding.Finding `json:"evidence,omitempty"`
	// Blocks are the latest blocks of this actor, live or over.
	Blocks []block.ID `json:"blocks,omitempty"`
	// BlockedUntil is the end of the last enforced block that ran its time, or
	// will: evidence of a later time is a return.
	BlockedUntil time.Time `json:"blocked_until,omitzero"`
	// Waiting is the id of an approval that waits, or waited, for a person.
	Waiting string `json:"waiting,omitempty"`
	// Shippers are who brought evidence; "" is the service itself.
	Shippers []string `json:"shippers,omitempty"`
	// Stories are what is told of the actor.
	Stories []Story `json:"stories,omitempty"`
}

// note keeps a finding that is not discarded.
func (a *Actor) note(f *finding.Finding, now time.Time) {
	a.Findings++
	a.seen(f, now)
	a.Evidence = appendBounded(a.Evidence, *f, maxEvidence)
}

// seen notes when a finding was, and came in.
func (a *Actor) seen(f *finding.Finding, now time.Time) {
	a.Touched = now
	if a.FirstSeen.IsZero() || f.Time.Before(a.FirstSeen) {
		a.FirstSeen = f.Time
	}
	if f.Time.After(a.LastSeen) {
		a.LastSeen = f.Time
	}
}

// sum brings tier and reasons into line with the stories.
func (a *Actor) sum() {
	a.Tier, a.Reasons = 0, nil
	for i := range a.Stories {
		st := &a.Stories[i]
		a.Tier = max(a.Tier, st.Tier)
		for _, why := range st.Reasons {
			if !slices.Contains(a.Reasons, why) && len(a.Reasons) < maxReasons {
				a.Reasons = append(a.Reasons, why)
			}
		}
	}
	if a.Tier == 0 {
		a.Families = nil
	}
}

// shippedBy notes who brought evidence.
func (a *Actor) shippedBy(agent string) {
	if !slices.Contains(a.Shippers, agent) && len(a.Shippers) < maxShippers {
		a.Shippers = append(a.Shippers, agent)
	}
}

// onlyAgent is the agent on whose word alone the evidence stands, or "".
func (a *Actor) onlyAgent() string {
	if len(a.Shippers) == 1 {
		return a.Shippers[0]
	}
	return ""
}

// clone is a copy that shares nothing that changes.
func (a *Actor) clone() Actor {
	c := *a
	c.Reasons, c.Families = slices.Clone(a.Reasons), slices.Clone(a.Families)
	c.Evidence, c.Blocks = slices.Clone(a.Evidence), slices.Clone(a.Blocks)
	c.Shippers, c.Account = slices.Clone(a.Shippers), a.Account.Clone()
	c.Stories = slices.Clone(a.Stories)
	for i := range c.Stories {
		c.Stories[i] = a.Stories[i].clone()
	}
	return c
}

// appendBounded appends and drops from the front what is over n.
func appendBounded[T any](s []T, v T, n int) []T {
	s = append(s, v)
	if len(s) > n {
		s = slices.Delete(s, 0, len(s)-n)
	}
	return s
}
