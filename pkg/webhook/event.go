package webhook

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Kind is what has happened to a block.
type Kind string

// The kinds of events.
const (
	Added    Kind = "added"
	Replaced Kind = "replaced" // another block, or the same with other terms, stands on the target
	Ended    Kind = "ended"    // by its time, or by a person
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Added, Replaced, Ended} }

// Event is one change.
type Event struct {
	Event Kind `json:"event"`
	// Block is the one that holds now, or the one that has ended.
	Block wire.Block `json:"block"`
	// Before is the id of the block that was replaced.
	Before *block.ID `json:"before,omitempty"`
}

// Delivery is the body of a request.
type Delivery struct {
	// ID is the same when a delivery is repeated.
	ID     string  `json:"id"`
	Events []Event `json:"events"` // in the order in which they happened
}

func deliveryOf(hook string, changes []change) Delivery {
	h := fnv.New64a()
	d := Delivery{Events: make([]Event, len(changes))}
	_, _ = fmt.Fprint(h, hook)
	for i := range changes {
		c := &changes[i]
		d.Events[i] = Event{Event: c.kind, Block: wire.BlockOf(*c.block)}
		if c.kind == Replaced {
			d.Events[i].Before = &c.before
		}
		_, _ = fmt.Fprintf(h, " %s %s %d", c.kind, c.block.ID, c.block.Revision)
	}
	d.ID = fmt.Sprintf("%016x", h.Sum64())
	return d
}

// position is up to where an endpoint was told.
type position struct {
	Cursor uint64    `json:"cursor"`
	At     time.Time `json:"at"` // blocks that ended before it have been told
}

// change is an event that is to be told, and where the endpoint is after it.
type change struct {
	kind   Kind
	block  *block.Block
	before block.ID
	after  position
}

func changeOf(e *block.Edit, at time.Time) change {
	c := change{kind: Added, block: e.Block, after: position{e.Cursor, at}}
	switch {
	case e.Block == nil:
		c.kind, c.block = Ended, e.Old
	case e.Old != nil:
		c.kind, c.before = Replaced, e.Old.ID
	}
	return c
}

// maxPending bounds how many changes are taken at a time.
const maxPending = 10_000

// next gives the changes after a position, and the position after all of them
// when there are no more.
func (w *worker) next(from position) (changes []change, end position) {
	at := w.options.Now()
	edits, next, reset := w.options.Feed.Since(from.Cursor)
	end = position{next, at}
	if reset {
		changes = w.ended(from)
	}
	for i := range edits {
		e := &edits[i]
		if len(changes) >= maxPending {
			break
		}
		if e.Cursor > from.Cursor && (e.Block != nil || e.Old != nil) {
			if c := changeOf(e, at); w.hook.wants(&c) {
				changes = append(changes, c)
			}
		}
	}
	return changes, end
}

// ended gives what has ended since a position, for when the single changes are
// not known any more.
func (w *worker) ended(from position) []change {
	over := w.options.Ended(from.At)
	slices.SortFunc(over, func(a, b Over) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Block.ID, b.Block.ID))
	})
	var changes []change
	for i := range over {
		c := change{kind: Ended, block: &over[i].Block, after: position{from.Cursor, over[i].At}}
		// What ended at one moment stays together: the position cannot tell it
		// apart.
		if n := len(changes); n >= maxPending && changes[n-1].after.At.Before(c.after.At) {
			break
		}
		if w.hook.wants(&c) {
			changes = append(changes, c)
		}
	}
	return changes
}
