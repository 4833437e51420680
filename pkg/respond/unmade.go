package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of what is remembered of blocks that were never made.
const (
	maxUnmade     = 2000
	maxUnmadeTold = 10 // of one target
)

// Unmade is a block that a rule asked for, and why there is none.
type Unmade struct {
	// Target is what would have been blocked; none when nobody could tell.
	Target  block.Target `json:"target,omitzero"`
	Segment string       `json:"segment"`
	Action  block.Action `json:"action"`
	Rule    string       `json:"rule"` // that asked for it
	Version string       `json:"version,omitempty"`
	// Actor is on whose evidence, Finding the latest that asked for it, and
	// Found when that was.
	Actor   finding.Actor `json:"actor"`
	Finding string        `json:"finding"`
	Found   time.Time     `json:"found"`
	Since   time.Time     `json:"since"` // when it was not made first, by our clock
	At      time.Time     `json:"at"`    // and last
	Times   int           `json:"times"` // findings that asked for it in vain
	// Because tells the guard's word on the latest; without a rule it was not for
	// the guard to say.
	Because Refusal `json:"because"`
	// Approval is as what it waits for a person; empty when it does not.
	Approval string `json:"approval,omitempty"`
}

// unmades are the blocks that were never made, by their key or by whom they are
// about. Over maxUnmade those that budgets refused go first: there are many of
// them at a time, and they are alike.
type unmades map[string]*Unmade

// note remembers why a finding's block was not made, if it was not.
func (u unmades) note(v *Verdict, f *finding.Finding, now time.Time) {
	if f.Wanted.LifetimeSeconds <= 0 || v.Refusal == nil && v.Note == "" {
		return
	}
	next := Unmade{
		Segment: cmp.Or(f.Segment, block.All), Rule: f.Rule, Version: f.RuleVersion, Actor: f.Actor, Finding: f.ID, Found: f.Time,
		Since: now, At: now, Times: 1, Because: Refusal{Reason: v.Note},
	}
	key := "of " + f.Actor.String()
	if v.Asked != nil {
		key, next.Target, next.Segment, next.Action = v.Asked.Key(), v.Asked.Target, v.Asked.Segment, v.Asked.Action
	}
	if v.Refusal != nil {
		next.Because = *v.Refusal
		next.Because.Parts = nil // are told to whom asks
	}
	if v.Waits.Approval != nil {
		next.Approval = v.Waits.Approval.ID
	}
	if before := u[key]; before != nil {
		next.Since, next.Times = before.Since, before.Times
		if before.Finding != f.ID {
			next.Times++
		}
	} else if len(u) >= maxUnmade {
		u.evict()
	}
	u[key] = &next
}

// evict forgets a tenth.
func (u unmades) evict() {
	keys := slices.SortedFunc(maps.Keys(u), func(a, b string) int {
		return cmp.Or(u[a].weight()-u[b].weight(), u[a].At.Compare(u[b].At), cmp.Compare(a, b))
	})
	for _, key := range keys[:len(keys)/10+1] {
		delete(u, key)
	}
}

// weight orders by how much is lost with an entry.
func (u *Unmade) weight() int {
	if isBudget(&u.Because) || u.Because.Rule == ruleWaiting {
		return 0
	}
	return 1
}

func (u unmades) sweep(before time.Time) {
	maps.DeleteFunc(u, func(_ string, e *Unmade) bool { return e.At.Before(before) })
}

func (u unmades) forget(who *subject) {
	maps.DeleteFunc(u, func(_ string, e *Unmade) bool { return e.names(who) })
}

func (u *Unmade) names(who *subject) bool {
	return slices.Contains(who.actors, u.Actor) || u.Target.Valid() && who.in(u.Segment, u.Target)
}

// unmade finds the blocks on the target, or of who is behind it, that were never
// made: the latest first.
func (a *inquiry) unmade(now time.Time) []Unmade {
	about := a.actors()
	var list []Unmade
	for _, u := range a.ledger.unmade {
		whole := false
		if u.Target.Valid() {
			whole, _ = a.on(&block.Block{Segment: u.Segment, Target: u.Target})
		}
		if whole || slices.Contains(about, u.Actor) {
			list = append(list, u.told(a.ledger.approvals, now))
		}
	}
	slices.SortFunc(list, func(a, b Unmade) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Finding, b.Finding)) })
	return list[:min(maxUnmadeTold, len(list))]
}

// told is an entry as it is told now: what waited may wait no more.
func (u *Unmade) told(waiting map[string]*Approval, now time.Time) Unmade {
	told := *u
	if a := waiting[u.Approval]; a == nil || !a.live(now) {
		told.Approval = ""
	}
	return told
}
