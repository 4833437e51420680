package respond

import (
	"cmp"
	"maps"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func (l *Ledger) frozenActors() []actorState {
	list := make([]actorState, 0, len(l.actors))
	for _, a := range l.actors {
		list = append(list, actorState{Actor: a.clone()})
	}
	return list
}

// frozen is a copy that shares nothing that changes.
func (a *Approval) frozen() *Approval {
	c := *a
	c.Blocks, c.Looks = slices.Clone(a.Blocks), slices.Clone(a.Looks)
	return &c
}

// frozen copies what a list of pointers points at, in one piece.
func frozen[T any](list []*T) []*T {
	all, pointers := make([]T, len(list)), make([]*T, len(list))
	for i, p := range list {
		all[i] = *p
		pointers[i] = &all[i]
	}
	return pointers
}

func values[K comparable, V any](m map[K]V) []V {
	list := make([]V, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// sort brings what is frozen into an order that does not depend on chance.
func (s *ledgerState) sort() {
	slices.SortFunc(s.Actors, func(a, b actorState) int { return compareActors(a.Actor.Actor, b.Actor.Actor) })
}

// change gives a block that is held or over to be changed: a copy that takes its
// place, because a checkpoint may be writing the one that was there. nil when it
// is neither.
func (h *holdings) change(id block.ID) *Held {
	if old := h.byID[id]; old != nil {
		held := *old
		h.byID[id] = &held
		if key := held.Block.Key(); h.byKey[key] == old {
			h.byKey[key] = &held
		}
		if h.exempt[id] == old {
			h.exempt[id] = &held
		}
		return &held
	}
	if old := h.ended[id]; old != nil {
		ended := *old
		h.ended[id] = &ended
		return &ended.Held
	}
	return nil
}

// maxEnded is how many blocks that are over are remembered. A list of a million
// that is taken back would otherwise be part of each checkpoint for two days.
const maxEnded = 50_000

// bound forgets the blocks that ended first when there are more than n.
func (h *holdings) bound(n int) {
	if len(h.ended) <= n {
		return
	}
	oldest := slices.SortedFunc(maps.Values(h.ended), func(a, b *Ended) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Block.ID, b.Block.ID))
	})
	for _, e := range oldest[:len(oldest)-n] {
		delete(h.ended, e.Block.ID)
	}
}
