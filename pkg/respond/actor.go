package respond

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of what is kept about one actor.
const (
	maxEvidence = 10
	maxReasons  = 8
	maxShippers = 4
	maxBlockIDs = 8
)

// Actor is somebody about whom evidence is kept, as it stands.
type Actor struct {
	Actor     finding.Actor    `json:"actor"`
	Tier      finding.Tier     `json:"tier,omitempty"` // of this episode; 0 when it is over
	Reasons   []string         `json:"reasons,omitempty"`
	Families  []finding.Family `json:"families,omitempty"`
	Findings  int              `json:"findings"`   // how many, discarded ones not counted
	FirstSeen time.Time        `json:"first_seen"` // by the records
	LastSeen  time.Time        `json:"last_seen"`  // by the records
	Touched   time.Time        `json:"touched"`    // when evidence came in last, by our clock
	// Evidence is the latest findings, oldest first.
	Evidence []finding.Finding `json:"evidence,omitempty"`
	// Blocks are the latest blocks of this actor, live or over.
	Blocks []block.ID `json:"blocks,omitempty"`
	// BlockedUntil is the end of the last enforced block that ran its time, or
	// will: evidence of a later time is a return.
	BlockedUntil time.Time `json:"blocked_until,omitzero"`
	// Shippers are who brought evidence; "" is the service itself.
	Shippers []string     `json:"shippers,omitempty"`
	Alert    *activeAlert `json:"alert,omitempty"`
}

// add takes a finding that is not discarded. Stale evidence is kept, and
// alarms nobody.
func (a *Actor) add(f *finding.Finding, stale bool, now time.Time) {
	a.Findings++
	a.Touched = now
	if a.FirstSeen.IsZero() || f.Time.Before(a.FirstSeen) {
		a.FirstSeen = f.Time
	}
	if f.Time.After(a.LastSeen) {
		a.LastSeen = f.Time
	}
	a.Evidence = appendBounded(a.Evidence, *f, maxEvidence)
	a.weigh(f, stale)
	if !a.BlockedUntil.IsZero() && f.Time.After(a.BlockedUntil) && !stale {
		a.raise(finding.Notify, "came back after the block that ended at "+a.BlockedUntil.UTC().Format(time.RFC3339))
		a.BlockedUntil = time.Time{}
	}
}

// weigh lets a finding have its share in the tier.
func (a *Actor) weigh(f *finding.Finding, stale bool) {
	if stale {
		a.raise(finding.Log, f.Title+" (old evidence)")
		return
	}
	a.raise(f.Tier, f.Title)
	if !slices.Contains(a.Families, f.Family) {
		a.Families = append(a.Families, f.Family)
	}
	if kinds := a.kinds(); len(kinds) > 1 && a.independent(f) {
		a.raise(finding.Notify, "evidence of several families: "+joined(kinds))
	}
}

// kinds are the families that count as kinds of evidence.
func (a *Actor) kinds() []finding.Family {
	return slices.DeleteFunc(slices.Clone(a.Families), func(f finding.Family) bool { return f == finding.Rule })
}

// independent tells whether there is evidence of another family that is not
// about the very request that this finding is about.
func (a *Actor) independent(f *finding.Finding) bool {
	return slices.ContainsFunc(a.Evidence, func(e finding.Finding) bool {
		return e.Family != f.Family && (e.Sighting.Record == "" || e.Sighting.Record != f.Sighting.Record)
	})
}

func (a *Actor) raise(t finding.Tier, why string) {
	a.Tier = max(a.Tier, t)
	if !slices.Contains(a.Reasons, why) && len(a.Reasons) < maxReasons {
		a.Reasons = append(a.Reasons, why)
	}
}

// forget takes back the findings that match, and judges again by what is left:
// to forget something never makes an actor more urgent.
func (a *Actor) forget(match func(*finding.Finding) bool) (forgotten []finding.Finding) {
	kept := make([]finding.Finding, 0, len(a.Evidence))
	for i := range a.Evidence {
		if match(&a.Evidence[i]) {
			forgotten = append(forgotten, a.Evidence[i])
		} else {
			kept = append(kept, a.Evidence[i])
		}
	}
	if len(forgotten) == 0 {
		return nil
	}
	a.Evidence, a.Findings = kept, max(len(kept), a.Findings-len(forgotten))
	before := a.Tier
	a.endEpisode()
	if before == 0 {
		return forgotten // the episode was over
	}
	for i := range kept {
		a.weigh(&kept[i], false)
	}
	a.Tier = min(a.Tier, before)
	return forgotten
}

// endEpisode starts over with the tier. What was seen is not forgotten.
func (a *Actor) endEpisode() { a.Tier, a.Reasons, a.Families = 0, nil, nil }

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
	c.Shippers = slices.Clone(a.Shippers)
	if a.Alert != nil {
		alert := *a.Alert
		c.Alert = &alert
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

func joined[T ~string](s []T) string {
	parts := make([]string, len(s))
	for i, v := range s {
		parts[i] = fmt.Sprint(v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
