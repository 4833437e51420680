package respond

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of what waits for a person.
const (
	maxEvidenceIDs = 20     // findings that a rule's block names while it waits
	maxAsked       = 200    // what people have asked for: blocks, or batches of them
	maxAskedBlocks = 20_000 // and the blocks of those
	// declinedFor is how long a person's no to a rule's block holds for its target.
	declinedFor = approvalLife
)

// ruleWaiting is the guard's rule by which no more blocks of rules come to wait
// in one minute.
const ruleWaiting = "waiting-budget"

// ofRule tells whether a rule asks for what waits.
func (a *Approval) ofRule() bool { return automatic(&a.Blocks[0]) }

// queued is what became of a rule's block that the guard leaves to a person.
type queued struct {
	*Approval
	begun bool        // with this finding
	gone  []*Approval // that had to give way to it
}

// wait has a rule's block wait for a person where it would hit too many, and
// somebody is told of its actor anyway: it may be a customer, and it may be a
// scraper or a stolen account. There is one entry a target, which grows with
// what is found.
func (l *Ledger) wait(v *Verdict, b *block.Block, f *finding.Finding, now time.Time) {
	if v.Refusal.Rule != rulePreview || v.Tier < finding.Notify || l.options.MaxWaiting < 0 || l.options.Finished {
		return
	}
	if at, ok := l.declined[b.Key()]; ok && f.Time.Before(at.Add(declinedFor)) {
		v.Refusal, v.Note = nil, fmt.Sprintf("a person declined a block of it at %s", at.UTC().Format(time.RFC3339))
		return
	}
	a := l.waitingOn(b)
	if a == nil {
		if a = l.queue(v, b, f, now); a == nil {
			return
		}
	}
	a.grow(v, b, f, now)
	v.Waits.Approval, v.Waits.begun = a, a.Blocks[0].Findings[0] == f.ID
	if about := l.actors[v.About]; about != nil {
		about.Waiting = a.ID
	}
}

// keepWaiting takes up what waited before a restart. A version that had no
// revisions wrote none.
func (l *Ledger) keepWaiting(id string, a *Approval) {
	if a.Revision == "" {
		a.revise()
	}
	l.approvals[id] = a
}

// waitingOn gives the entry of a rule's block on this target, or nil.
func (l *Ledger) waitingOn(b *block.Block) *Approval {
	for _, a := range l.approvals {
		if held := &a.Blocks[0]; a.ofRule() && held.Target == b.Target && held.Segment == b.Segment {
			return a
		}
	}
	return nil
}

// queue begins an entry for a rule's block. Where there are too many, the
// oldest of the lowest tier gives way; nil when that is the new one.
func (l *Ledger) queue(v *Verdict, b *block.Block, f *finding.Finding, now time.Time) *Approval {
	least, n := (*Approval)(nil), 0
	for _, a := range l.approvals {
		if !a.ofRule() {
			continue
		}
		if n++; least == nil || cmp.Or(cmp.Compare(a.Tier, least.Tier), a.At.Compare(least.At), cmp.Compare(a.ID, least.ID)) < 0 {
			least = a
		}
	}
	full := n >= l.options.MaxWaiting
	if l.budget.waiting.full(now) || full && least.Tier > v.Tier {
		v.Refusal = &Refusal{
			Rule:   ruleWaiting,
			Reason: fmt.Sprintf("%s; and %d blocks of rules wait for a person already", v.Refusal.Reason, n),
			Hint:   "approve or reject those that wait: honeymoat blocks approvals",
		}
		return nil
	}
	if full {
		delete(l.approvals, least.ID)
		v.Waits.gone = append(v.Waits.gone, least)
	}
	l.budget.waiting.add(now)
	waits := *b
	l.grow(&waits)
	a := &Approval{ID: waits.ID.String(), Blocks: []block.Block{waits}, By: waits.By, At: now, Reason: waits.Reason, Actor: f.Actor, About: v.About}
	l.approvals[a.ID] = a
	return a
}

// grow adds a finding to what waits. The same finding again changes nothing.
func (a *Approval) grow(v *Verdict, b *block.Block, f *finding.Finding, now time.Time) {
	waits := &a.Blocks[0]
	if v.First || a.Findings == 0 {
		a.Findings++
	}
	if !slices.Contains(waits.Findings, f.ID) && len(waits.Findings) < maxEvidenceIDs {
		waits.Findings = append(slices.Clone(waits.Findings), f.ID)
	}
	if a.Findings == 1 || strength(b) > strength(waits) {
		waits.Action, waits.Terms, waits.Mode, waits.Percent, a.Wanted = b.Action, b.Terms, b.Mode, b.Percent, v.Wanted
	}
	a.Tier, a.Because, a.ExpiresAt = max(a.Tier, v.Tier), v.Refusal, now.Add(approvalLife)
	if v.impact != nil {
		a.Impact = v.impact
	}
	a.revise()
}

// overtaken ends what of rules waits and would change nothing any more, because
// somebody has blocked it meanwhile, and gives what was not made itself.
func (l *Ledger) overtaken() []*Approval {
	gone := l.waitNoMore(func(a *Approval) bool { return a.ofRule() && l.covering(&a.Blocks[0]) != nil })
	return slices.DeleteFunc(gone, func(a *Approval) bool { return l.blocks.byID[a.Blocks[0].ID] != nil })
}

// waiting gives the id of what waits of an actor; empty when nothing does.
func (l *Ledger) waiting(a *Actor, now time.Time) string {
	if w := l.approvals[a.Waiting]; w != nil && w.live(now) {
		return w.ID
	}
	return ""
}

// waitText tells people how to decide on what waits of an actor.
func (l *Ledger) waitText(a *Actor, now time.Time) string {
	id := l.waiting(a, now)
	if id == "" {
		return ""
	}
	w := l.approvals[id]
	return fmt.Sprintf("honeymoat blocks approve %s --revision %s --reason … (or reject, until %s): to %s %s waits for a person, because %s",
		id, w.Revision, w.ExpiresAt.UTC().Format(time.RFC3339), w.Blocks[0].Action, w.Blocks[0].Target, w.Because.Reason)
}

// crowdedOut gives what has to give way to what a person asks for, and drops it:
// the oldest of whoever has most waiting.
func (l *Ledger) crowdedOut(next *Approval) []*Approval {
	var gone []*Approval
	for {
		n, blocks := 1, len(next.Blocks)
		asked := map[string][]*Approval{}
		for _, a := range l.approvals {
			if !a.ofRule() && a.ID != next.ID {
				n, blocks = n+1, blocks+len(a.Blocks)
				asked[a.By] = append(asked[a.By], a)
			}
		}
		if len(asked) == 0 || n <= maxAsked && blocks <= maxAskedBlocks {
			return gone
		}
		oldest := oldestOfMost(asked)
		delete(l.approvals, oldest.ID)
		gone = append(gone, oldest)
	}
}

func oldestOfMost(asked map[string][]*Approval) *Approval {
	var most []*Approval
	for _, list := range asked {
		if c := cmp.Compare(waitingBlocks(list), waitingBlocks(most)); c > 0 || c == 0 && list[0].By < most[0].By {
			most = list
		}
	}
	return slices.MinFunc(most, func(a, b *Approval) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
}

func waitingBlocks(list []*Approval) int {
	n := 0
	for _, a := range list {
		n += len(a.Blocks)
	}
	return n
}

// gaveWay writes what had to give way to something else that waits.
func (s *Service) gaveWay(w *rowWriter, gone []*Approval, now time.Time) {
	for _, a := range gone {
		s.counts.gaveWay.Add(1)
		w.ended(a, EventLapsed, "guard", "too much waited for approval: the oldest gave way", now)
	}
}
