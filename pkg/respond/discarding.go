package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Discards lists what analysts do not count, ordered by id.
func (l *Ledger) Discards() []Discard {
	return slices.SortedFunc(maps.Values(l.discards), func(a, b Discard) int { return cmp.Compare(a.ID, b.ID) })
}

// dropped is what a discard leaves nothing of.
type dropped struct {
	actors  []finding.Actor // that change
	blocks  []block.Block   // automatic ones, live, to be removed
	waiting []*Approval     // of rules, which have ended
}

// Discard takes an analyst's word. What was counted and matches does not
// count any more: it gives the actors that change, and the live automatic
// blocks that stand on nothing that counts, which are to be removed: those of
// an earlier word too, in case that was interrupted. What of rules waits for a
// person on such grounds ends.
func (l *Ledger) Discard(d Discard) (all dropped) {
	votes := l.votesOf(&d)
	l.discards[d.ID] = d
	for key, a := range l.actors {
		forgotten, found := l.unfind(a, &d)
		for i := range forgotten {
			l.discarded(&forgotten[i], d.At)
			votes.take(&d, &forgotten[i], key.Kind)
		}
		if found {
			all.actors = append(all.actors, key)
		}
		all.blocks = append(all.blocks, l.groundless(a)...)
	}
	for _, subject := range votes.subjects {
		l.feedback.Add(evidence.Vote{ID: d.ID, Subject: subject, By: d.By, At: d.At, Reason: d.Reason})
	}
	slices.SortFunc(all.actors, compareActors)
	slices.SortFunc(all.blocks, func(a, b block.Block) int { return cmp.Compare(a.Key(), b.Key()) })
	all.waiting = l.moot(&d)
	return all
}

// moot ends what of rules waits for a person on evidence that is discarded. What
// else counts asks again when it is found again.
func (l *Ledger) moot(d *Discard) []*Approval {
	return l.waitNoMore(func(a *Approval) bool {
		rule := a.Blocks[0].Rule
		return a.ofRule() && (d.isAbout(a.Actor, rule) || d.isAbout(a.About, rule) || !l.counts(&a.Blocks[0]))
	})
}

// unfind takes back what a discard matches of an actor, and judges again by
// what is left: to forget something never makes an actor more urgent.
func (l *Ledger) unfind(a *Actor, d *Discard) (forgotten []finding.Finding, found bool) {
	kept := make([]finding.Finding, 0, len(a.Evidence))
	gone := map[string]bool{}
	for i := range a.Evidence {
		f := &a.Evidence[i]
		if !d.matches(f) && !d.isAbout(a.Actor, f.Rule) {
			kept = append(kept, *f)
			continue
		}
		forgotten, gone[f.Rule] = append(forgotten, *f), true
	}
	for i := range a.Account.Strands {
		if rule := a.Account.Strands[i].Rule; d.isAbout(a.Actor, rule) {
			gone[rule] = true
		}
	}
	if len(gone) == 0 {
		return nil, false
	}
	a.Evidence, a.Findings = kept, max(len(kept), a.Findings-len(forgotten))
	l.scale().Forget(&a.Account, func(rule string) bool { return gone[rule] }, kept)
	l.judgeAgain(a, d.At)
	return forgotten, true
}

// judgeAgain sets the tiers of an actor's stories by what is left of the
// evidence.
func (l *Ledger) judgeAgain(a *Actor, now time.Time) {
	before := a.Stories
	a.Stories, a.Families = nil, nil
	for i := range a.Evidence {
		f := &a.Evidence[i]
		was := slices.IndexFunc(before, func(st Story) bool { return st.Family == a.storyOf(f) && st.Tier != 0 })
		if was < 0 {
			continue // that story was over
		}
		if !slices.Contains(a.Families, f.Family) {
			a.Families = append(a.Families, f.Family)
		}
		st := a.story(f)
		st.raise(l.options.Policy.Judge(l.caseOf(a, f, now)), f.Title)
		st.Tier = min(st.Tier, before[was].Tier)
	}
	for i := range before {
		a.resume(&before[i])
	}
	a.Stories = slices.DeleteFunc(a.Stories, func(st Story) bool { return st.Tier == 0 && st.Alert == nil })
	a.sum()
}

// resume takes over of a story what is not of its evidence. A story of which
// nothing is left has its alert still, which is to be resolved.
func (a *Actor) resume(was *Story) {
	i := slices.IndexFunc(a.Stories, func(st Story) bool { return st.Family == was.Family })
	if i < 0 {
		a.Stories = append(a.Stories, Story{Family: was.Family, Alert: was.Alert, Touched: was.Touched})
		return
	}
	st := &a.Stories[i]
	st.Alert, st.Touched, st.Lasting, st.Ended, st.Other = was.Alert, was.Touched, was.Lasting, was.Ended, was.Other
}

// discarded notes that a finding does not count, for its rule's rollout too,
// and that who kept it was wrong.
func (l *Ledger) discarded(f *finding.Finding, at time.Time) {
	if m := l.memos.byID[f.ID]; m != nil {
		m.Discarded = true
	}
	if f.Wanted.Rollout {
		l.book.Observe(f.Rule, f.RuleVersion, rollout.Measure{Discards: 1}, at)
	}
	l.feedback.Remove(f.ID)
}

// Undiscard takes a discard back, for findings to come, and its word about the
// rule. It tells whether there was one.
func (l *Ledger) Undiscard(id string) bool {
	_, ok := l.discards[id]
	delete(l.discards, id)
	l.feedback.Remove(id)
	return ok
}

// groundless gives an actor's live blocks all of whose evidence is discarded.
func (l *Ledger) groundless(a *Actor) []block.Block {
	var blocks []block.Block
	for _, id := range a.Blocks {
		h := l.blocks.byID[id]
		if h != nil && len(h.Block.Findings) > 0 && !l.counts(&h.Block) {
			blocks = append(blocks, h.Block)
		}
	}
	return blocks
}

// counts tells whether some evidence of a block is not known to be discarded.
func (l *Ledger) counts(b *block.Block) bool {
	return slices.ContainsFunc(b.Findings, func(id string) bool {
		m := l.memos.byID[id]
		return m == nil || !m.Discarded
	})
}
