package respond

import (
	"container/heap"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Held is a block with what is known of its effect.
type Held struct {
	Block  block.Block `json:"block"`
	Denied uint64      `json:"denied,omitempty"` // requests that it refused, as logs tell
	// ByGateways is how many agents say that it refused. Some of them stand in
	// logs too, and some in none: dropped connections, for one.
	ByGateways uint64 `json:"by_gateways,omitempty"`
	// Actor is whose evidence it stands on; zero when it is no actor's.
	Actor finding.Actor `json:"actor,omitzero"`
	// Wanted is what its rule asks for, if that is in rollout.
	Wanted *Wanted `json:"wanted,omitempty"`
	// Complained tells that somebody has said that it hit the wrong one.
	Complained bool `json:"complained,omitempty"`
}

// Ended is a block that is over.
type Ended struct {
	Held
	How    string    `json:"how"` // EventExpired, EventRemoved or EventReplaced
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// holdings is the live blocks as the ledger knows them, and those that were.
type holdings struct {
	byKey   map[string]*Held
	byID    map[block.ID]*Held
	due     dueHeap
	ended   map[block.ID]*Ended
	removed map[string]time.Time // key → when a person freed it: older evidence does not block it again
	exempt  map[block.ID]*Held   // the live exemptions
	crowd   crowd
	alone   breadth // of blocks that nobody has approved
}

func newHoldings() holdings {
	return holdings{
		byKey: map[string]*Held{}, byID: map[block.ID]*Held{},
		ended: map[block.ID]*Ended{}, removed: map[string]time.Time{},
		exempt: map[block.ID]*Held{}, crowd: crowd{}, alone: breadth{},
	}
}

// hold takes a live block, in place of what was held under its key.
func (h *holdings) hold(b block.Block) *Held {
	key := b.Key()
	held := &Held{Block: b}
	if old := h.byKey[key]; old != nil {
		if old.Block.ID == b.ID {
			held.Denied, held.Actor, held.Wanted, held.Complained = old.Denied, old.Actor, old.Wanted, old.Complained
			held.ByGateways = old.ByGateways
		}
		h.drop(old)
	}
	h.byKey[key], h.byID[b.ID] = held, held
	h.crowd.add(&b, 1)
	h.alone.hold(&b)
	if b.Action == block.Allow {
		h.exempt[b.ID] = held
	}
	heap.Push(&h.due, dueBlock{b.ID, b.ExpiresAt()})
	return held
}

// end moves a live block to those that were.
func (h *holdings) end(id block.ID, how, by, reason string, at time.Time) (*Ended, bool) {
	held, ok := h.byID[id]
	if !ok {
		return nil, false
	}
	h.drop(held)
	ended := &Ended{Held: *held, How: how, At: at, By: by, Reason: reason}
	h.ended[id] = ended
	return ended, true
}

// drop takes a live block out.
func (h *holdings) drop(held *Held) {
	id, key := held.Block.ID, held.Block.Key()
	if h.byID[id] == held {
		delete(h.byID, id)
		delete(h.exempt, id)
		h.crowd.add(&held.Block, -1)
		h.alone.drop(&held.Block)
	}
	if h.byKey[key] == held {
		delete(h.byKey, key)
	}
}

// dueBy takes the live blocks whose time is up off the schedule.
func (h *holdings) dueBy(now time.Time) []*Held {
	var due []*Held
	for len(h.due) > 0 && !h.due[0].at.After(now) {
		next := heap.Pop(&h.due).(dueBlock)
		held := h.byID[next.id]
		if held != nil && held.Block.ExpiresAt().Equal(next.at) {
			due = append(due, held)
		}
	}
	return due
}

// again puts a block that dueBy gave back on the schedule.
func (h *holdings) again(held *Held) {
	heap.Push(&h.due, dueBlock{held.Block.ID, held.Block.ExpiresAt()})
}

// deny counts refused requests on a block, live or over, and gives it; nil when
// it is neither.
func (h *holdings) deny(id block.ID, n uint64) *Held {
	held := h.change(id)
	if held != nil {
		held.Denied += n
	}
	return held
}

// find gives a block, live or over; nil when it is neither. It is not to be
// changed: see change.
func (h *holdings) find(id block.ID) *Held {
	if held := h.byID[id]; held != nil {
		return held
	}
	if ended := h.ended[id]; ended != nil {
		return &ended.Held
	}
	return nil
}

func (h *holdings) known(id block.ID) bool { return h.byID[id] != nil || h.ended[id] != nil }

// sweep forgets blocks and removals of before a time.
func (h *holdings) sweep(before time.Time) {
	for id, e := range h.ended {
		if e.At.Before(before) {
			delete(h.ended, id)
		}
	}
	for key, at := range h.removed {
		if at.Before(before) {
			delete(h.removed, key)
		}
	}
}

// dueHeap orders blocks by their end.
type dueHeap []dueBlock

type dueBlock struct {
	id block.ID
	at time.Time
}

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(v any)        { *h = append(*h, v.(dueBlock)) }
func (h *dueHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
