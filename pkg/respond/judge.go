package respond

import (
	"cmp"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Evidence is one sighting of a finding.
type Evidence struct {
	Finding finding.Finding
	// Agent is on whose word it stands: who shipped the log line, or reported
	// the touch. Empty is the service itself.
	Agent string
}

// Verdict is what follows from a sighting.
type Verdict struct {
	First     bool         // the finding was not known before
	Settled   bool         // everything that follows was done before: nothing is left to do
	Discard   *Discard     // the analyst's word by which it does not count
	Discarded bool         // it does not count
	Tier      finding.Tier // of the actor, now
	Before    finding.Tier // of the actor, before
	Block     block.ID     // that stands on it, or holds its target already; 0 = none
	Enforced  bool         // that block is in force
	// Proposal is the block to be made; it has passed the guard. Replaces is
	// the block in shadow that stands in its place, if any.
	Proposal *block.Block
	Replaces *block.Block
	Refusal  *Refusal // why the guard refused a block
	Note     string   // why no block was asked for, where somebody may wonder
}

// Judge adds a sighting to the account and tells what follows. The same
// finding counts once, however often it is seen. Until Settle is called for
// it, Judge proposes the same block again, so that whoever was interrupted
// may begin again.
func (l *Ledger) Judge(e Evidence, g *Guard, now time.Time) Verdict {
	f := &e.Finding
	m, first := l.memos.of(f.ID, now)
	if d := l.discard(f, now); d != nil && !m.Settled {
		m.Discarded = true
		return Verdict{First: first, Discarded: true, Discard: d}
	}
	if m.Discarded {
		return Verdict{Settled: m.Settled, Discarded: true}
	}
	if m.Settled {
		return l.seenAgain(e, m)
	}
	a := l.actor(f.Actor)
	a.shippedBy(e.Agent)
	v := Verdict{First: first, Before: a.Tier, Tier: a.Tier, Block: m.Block}
	if first {
		a.add(f, l.stale(f, now), now)
		v.Tier = a.Tier
	}
	l.propose(&v, f, a, g, now)
	return v
}

// seenAgain is the verdict on another sighting of a finding from which all
// has followed. An actor that was forgotten meanwhile is not made anew.
func (l *Ledger) seenAgain(e Evidence, m *memo) Verdict {
	v := Verdict{Settled: true, Block: m.Block, Enforced: l.enforced(m.Block)}
	if a := l.actors[e.Finding.Actor]; a != nil {
		a.shippedBy(e.Agent)
		v.Before, v.Tier = a.Tier, a.Tier
	}
	return v
}

// Settle notes that everything that follows from a finding has been done.
// made is the block that stands on it, or 0.
func (l *Ledger) Settle(findingID string, made block.ID) {
	if m := l.memos.byID[findingID]; m != nil {
		m.Settled, m.Block = true, made
	}
}

// stale tells whether evidence is older than the block that it asks for.
func (l *Ledger) stale(f *finding.Finding, now time.Time) bool {
	lifetime := time.Duration(f.Wanted.LifetimeSeconds) * time.Second
	return now.Sub(f.Time) > cmp.Or(lifetime, l.options.StaleAfter)
}

// propose fills in the block that follows, or why there is none.
func (l *Ledger) propose(v *Verdict, f *finding.Finding, a *Actor, g *Guard, now time.Time) {
	target, ok := Target(f.Actor)
	if f.Wanted.LifetimeSeconds <= 0 || !ok {
		return
	}
	b := blockFor(f, target, now)
	if v.Note = l.pointless(f, &b, now); v.Note != "" {
		return
	}
	held := l.covering(&b)
	if held != nil && (held.Mode == block.Enforce || b.Mode == block.Shadow) {
		v.Block, v.Enforced = held.ID, held.Mode == block.Enforce
		return
	}
	asked, waiting := l.asked[askedKey(&b)]
	if waiting && asked != b.ID {
		v.Block, v.Enforced = asked, b.Mode == block.Enforce
		return
	}
	if !waiting {
		v.Refusal = l.refuse(&b, a, g, now)
	}
	if v.Refusal == nil {
		l.asked[askedKey(&b)] = b.ID
		v.Proposal, v.Replaces = &b, held
	}
}

func askedKey(b *block.Block) string { return b.Key() + " " + b.Mode.String() }

// Answer notes that a proposed block has been made, or will not be.
func (l *Ledger) Answer(proposal *block.Block) { delete(l.asked, askedKey(proposal)) }

func blockFor(f *finding.Finding, target block.Target, now time.Time) block.Block {
	segment := cmp.Or(f.Segment, block.All)
	mode := block.Enforce
	if f.Wanted.Shadow {
		mode = block.Shadow
	}
	return block.Block{
		ID: block.NewID(segment, target.Key(), f.ID), Segment: segment, Target: target, Action: block.Deny, Mode: mode,
		LifetimeSeconds: f.Wanted.LifetimeSeconds, CreatedAt: now, Reason: f.Title, Rule: f.Rule, RuleVersion: f.RuleVersion,
		Findings: []string{f.ID}, By: "rule:" + f.Rule,
	}
}

// pointless tells why evidence asks for nothing (any more).
func (l *Ledger) pointless(f *finding.Finding, b *block.Block, now time.Time) string {
	if l.stale(f, now) {
		return fmt.Sprintf("the evidence is %s old, older than the block of %s would be",
			now.Sub(f.Time).Round(time.Second), b.Lifetime())
	}
	if removed, ok := l.blocks.removed[b.Key()]; ok && !f.Time.After(removed) {
		return fmt.Sprintf("the block was removed at %s, and this is evidence of before that", removed.UTC().Format(time.RFC3339))
	}
	if ended := l.blocks.ended[b.ID]; ended != nil {
		return "the block that stood on this has " + ended.How
	}
	return ""
}

// covering gives the live block on the same target, in the same segment or in
// all, or nil.
func (l *Ledger) covering(b *block.Block) *block.Block {
	everywhere := block.Block{Segment: block.All, Target: b.Target}
	if h := l.blocks.byKey[everywhere.Key()]; h != nil && (b.Segment == block.All || h.Block.Mode == block.Enforce) {
		return &h.Block
	}
	if h := l.blocks.byKey[b.Key()]; h != nil {
		return &h.Block
	}
	return nil
}

func (l *Ledger) refuse(b *block.Block, a *Actor, g *Guard, now time.Time) *Refusal {
	if err := g.Check(b.Target, Asker{}); err != nil {
		return asRefusal(err)
	}
	if b.Mode == block.Shadow {
		return nil // it hurts nobody
	}
	return l.budget.take(a.onlyAgent(), now)
}

// enforced tells whether a block is live and no shadow.
func (l *Ledger) enforced(id block.ID) bool {
	h := l.blocks.byID[id]
	return h != nil && h.Block.Mode == block.Enforce
}

// discard gives the analyst's word that a finding does not count, or nil.
func (l *Ledger) discard(f *finding.Finding, now time.Time) *Discard {
	for _, d := range l.discards {
		if d.live(now) && d.matches(f) {
			return &d
		}
	}
	return nil
}
