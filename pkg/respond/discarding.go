package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Discards lists what analysts do not count, ordered by id.
func (l *Ledger) Discards() []Discard {
	return slices.SortedFunc(maps.Values(l.discards), func(a, b Discard) int { return cmp.Compare(a.ID, b.ID) })
}

// Discard takes an analyst's word. What was counted and matches does not
// count any more: it gives the actors that change, and the live automatic
// blocks that stand on nothing that counts, which are to be removed: those of
// an earlier word too, in case that was interrupted.
func (l *Ledger) Discard(d Discard) (changed []finding.Actor, groundless []block.Block) {
	l.discards[d.ID] = d
	for key, a := range l.actors {
		forgotten := a.forget(d.matches)
		for i := range forgotten {
			l.discarded(&forgotten[i], d.At)
		}
		if len(forgotten) > 0 {
			changed = append(changed, key)
		}
		groundless = append(groundless, l.groundless(a)...)
	}
	slices.SortFunc(changed, compareActors)
	slices.SortFunc(groundless, func(a, b block.Block) int { return cmp.Compare(a.Key(), b.Key()) })
	return changed, groundless
}

// discarded notes that a finding does not count, for its rule's rollout too.
func (l *Ledger) discarded(f *finding.Finding, at time.Time) {
	if m := l.memos.byID[f.ID]; m != nil {
		m.Discarded = true
	}
	if f.Wanted.Rollout {
		l.book.Observe(f.Rule, f.RuleVersion, rollout.Measure{Discards: 1}, at)
	}
}

// Undiscard takes a discard back, for findings to come. It tells whether
// there was one.
func (l *Ledger) Undiscard(id string) bool {
	_, ok := l.discards[id]
	delete(l.discards, id)
	return ok
}

// groundless gives an actor's live blocks all of whose evidence is discarded.
func (l *Ledger) groundless(a *Actor) []block.Block {
	var blocks []block.Block
	for _, id := range a.Blocks {
		h := l.blocks.byID[id]
		if h == nil || len(h.Block.Findings) == 0 {
			continue
		}
		counts := slices.ContainsFunc(h.Block.Findings, func(id string) bool {
			m := l.memos.byID[id]
			return m == nil || !m.Discarded
		})
		if !counts {
			blocks = append(blocks, h.Block)
		}
	}
	return blocks
}
