package respond

import (
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// propose fills in the block that follows, or why there is none.
func (l *Ledger) propose(v *Verdict, f *finding.Finding, a *Actor, g *Guard, now time.Time) {
	if f.Wanted.LifetimeSeconds <= 0 {
		return
	}
	if f.Actor.Kind.Place() {
		v.Note = "a " + string(f.Actor.Kind) + " is a place, and nobody to be blocked"
		return
	}
	b, wanted, err := l.blockOf(f, now)
	if err != nil {
		v.Note = err.Error()
		return
	}
	v.Wanted, v.Asked = wanted, &b
	forms := l.forms(b, f)
	if v.Note = l.pointless(f, forms, now); v.Note != "" {
		return
	}
	l.measure(v, f, now)
	if l.madeBefore(v, f, forms) || l.covers(v, &b) {
		return
	}
	shaped, refusal := l.shape(b, f, g, now)
	if refusal != nil {
		v.Refusal = refusal
		v.impact = l.impact(&shaped, now)
		l.wait(v, &shaped, f, now)
		return
	}
	if shaped.Target != b.Target && l.covers(v, &shaped) {
		return
	}
	l.grow(&shaped)
	if v.Refusal = l.ration(&shaped, a, now); v.Refusal != nil {
		return
	}
	if l.covers(v, &shaped) { // in shadow, because blocking is held
		return
	}
	l.asked[shaped.Key()] = shaped
	v.Proposal, v.Replaces = &shaped, l.replaced(&shaped)
}

// measure counts a finding for its rule's rollout.
func (l *Ledger) measure(v *Verdict, f *finding.Finding, now time.Time) {
	if v.First && v.Wanted != nil {
		actor := uint64(block.NewID(f.Actor.String()))
		l.book.Observe(f.Rule, f.RuleVersion, rollout.Measure{Findings: 1 + uint64(max(0, f.Repeats)), Actors: []uint64{actor}}, now)
	}
}

// pointless tells why evidence asks for nothing (any more).
func (l *Ledger) pointless(f *finding.Finding, forms []block.Block, now time.Time) string {
	if l.stale(f, now) {
		return fmt.Sprintf("the evidence is %s old, older than the block of %s would be",
			now.Sub(f.Time).Round(time.Second), forms[0].Lifetime())
	}
	for i := range forms {
		if removed, ok := l.blocks.removed[forms[i].Key()]; ok && !f.Time.After(removed) {
			return fmt.Sprintf("the block was removed at %s, and this is evidence of before that", removed.UTC().Format(time.RFC3339))
		}
		if ended := l.blocks.ended[forms[i].ID]; ended != nil {
			return "the block that stood on this has " + ended.How
		}
	}
	return ""
}

// madeBefore takes up what was done for the same finding before somebody was
// interrupted: a block that was made, or is on its way.
func (l *Ledger) madeBefore(v *Verdict, f *finding.Finding, forms []block.Block) bool {
	for i := range forms {
		if h := l.blocks.byID[forms[i].ID]; h != nil {
			l.assign(h, f.Actor, v.Wanted)
			v.Block, v.by = h.Block.ID, &h.Block
			return true
		}
		if asked, ok := l.asked[forms[i].Key()]; ok && asked.ID == forms[i].ID {
			v.Proposal, v.Replaces = &asked, l.replaced(&asked)
			return true
		}
	}
	return false
}

// covers tells whether what is asked for is held already, or on its way.
func (l *Ledger) covers(v *Verdict, b *block.Block) bool {
	if held := l.covering(b); held != nil {
		v.Block, v.by = held.ID, held
		return true
	}
	if asked, ok := l.asked[b.Key()]; ok && strength(&asked) >= strength(b) {
		v.Block, v.by = asked.ID, &asked
		return true
	}
	return false
}

// covering gives the live block that leaves nothing to be done by another, or
// nil: on the same target or on the IPv6 prefix around it, in the same segment
// or in all.
func (l *Ledger) covering(b *block.Block) *block.Block {
	for _, t := range append([]block.Target{b.Target}, wider(b.Target)...) {
		for _, segment := range []string{b.Segment, block.All} {
			h := l.blocks.byKey[(&block.Block{Segment: segment, Target: t}).Key()]
			if h == nil {
				continue
			}
			stands := segment == b.Segment && t == b.Target && !replaceable(&h.Block, b)
			if stands || strength(&h.Block) >= strength(b) {
				return &h.Block
			}
		}
	}
	return nil
}

// replaced gives the block that gives way to another, or nil.
func (l *Ledger) replaced(b *block.Block) *block.Block {
	if h := l.blocks.byKey[b.Key()]; h != nil && h.Block.ID != b.ID {
		held := h.Block
		return &held
	}
	return nil
}

// shape gives a rule's block the target that it may have: its own, the
// principal behind a shared address, or the prefix around an IPv6 client.
func (l *Ledger) shape(b block.Block, f *finding.Finding, g *Guard, now time.Time) (block.Block, *Refusal) {
	refusal := l.refusal(&b, g, now)
	if refusal != nil && refusal.Rule == "shared" {
		t, ok := l.principal(&b, f)
		if !ok {
			return b, l.unlessSettled(&b, refusal)
		}
		setTarget(&b, t)
		return b, l.unlessSettled(&b, l.refusal(&b, g, now))
	}
	if refusal = l.unlessSettled(&b, refusal); refusal != nil {
		return b, refusal
	}
	t := l.widened(b, func(t block.Target) bool {
		wide := b
		setTarget(&wide, t)
		return l.refusal(&wide, g, now) == nil
	})
	if t != b.Target {
		setTarget(&b, t)
	}
	return b, nil
}

// unlessSettled leaves out a refusal for what a block would hit, if it hits
// nobody, or if a person has looked at that already.
func (l *Ledger) unlessSettled(b *block.Block, r *Refusal) *Refusal {
	if r != nil && (!harms(b) || b.ApprovedBy != "") && (r.Rule == "shared" || r.Rule == rulePreview) {
		return nil
	}
	return r
}

// refusal tells why a rule may not make a block, budgets aside; or gives nil.
func (l *Ledger) refusal(b *block.Block, g *Guard, now time.Time) *Refusal {
	if r := g.Check(b.Target, Asker{}, nil); r.Word != Allowed {
		return r.Because
	}
	if r := l.exemptedFor(b); r != nil {
		return r
	}
	day := l.impact(b, now)
	if day == nil {
		return nil
	}
	if r := l.options.shared(b.Target, *day); r != nil {
		return r
	}
	return l.options.preview(b.Target.String(), *day)
}

// impact is what a block's target has sent in the last day; nil when that is
// not known.
func (l *Ledger) impact(b *block.Block, now time.Time) *Day {
	if l.options.Traffic == nil {
		return nil
	}
	if day, ok := l.options.Traffic.Of(b.Target, now); ok {
		return &day
	}
	return nil
}

// ration takes a block off the budgets, or tells which is used up. While
// blocking is held the block becomes one in shadow.
func (l *Ledger) ration(b *block.Block, a *Actor, now time.Time) *Refusal {
	if b.Mode == block.Shadow {
		return l.budget.takeShadow(now)
	}
	if l.breaker.ask(now) {
		b.Mode, b.Percent = block.Shadow, 0
		return l.budget.takeShadow(now)
	}
	return l.budget.take(a.onlyAgent(), b.Rule, b.Segment, now)
}

// mayStage tells whether a block in shadow may be acted on now that its rule
// has come that far. It counts on the budgets.
func (l *Ledger) mayStage(next *block.Block, g *Guard, now time.Time) bool {
	if l.breaker.trip != nil || l.unlessSettled(next, l.refusal(next, g, now)) != nil {
		return false
	}
	return l.budget.take("", next.Rule, next.Segment, now) == nil
}

// isBudget tells whether a refusal says nothing about whom the block would
// have hit.
func isBudget(r *Refusal) bool { return slices.Contains(budgetRules, r.Rule) }

// Answer notes that a proposed block has been made, or will not be.
func (l *Ledger) Answer(b *block.Block) {
	if asked, ok := l.asked[b.Key()]; ok && asked.ID == b.ID {
		delete(l.asked, b.Key())
	}
}
