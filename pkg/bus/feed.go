package bus

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// feedSize is how many edits are kept for readers of the feed, with the
// blocks that they are about; up to twice as many for a while.
const feedSize = 1 << 16

// Since gives the edits after a cursor, in the order in which the bucket took
// them, and the cursor after them: a reader that always asks with the cursor
// that it got last sees each edit once, whoever writes meanwhile. Nothing is
// published out of order: memory is fed by the bucket alone, in its order.
//
// reset tells that the edits after the cursor are not known any more, or that
// the cursor is none of ours; 0 is the cursor of a reader that has nothing.
// Then the edits are all live blocks, as if each had just been put, and what
// the reader had is to be forgotten.
//
// Cursors grow, also over restarts of the service. It does not wait; see
// Changed. A block that is over is edited out by an edit of its own, a moment
// after its end.
func (l *Blocks) Since(cursor uint64) (edits []block.Edit, next uint64, reset bool) {
	return l.board.editsSince(cursor)
}

// Freed lists where a block has ended of late and none is now, in no order: of
// these blocks no more is known than their segment and target. It knows, by the
// bucket's markers, of what came and went before the service began, for a day.
func (l *Blocks) Freed() []block.Block {
	keys := l.board.freedKeys()
	freed := make([]block.Block, 0, len(keys))
	for _, key := range keys {
		if segment, target, err := block.ParseKey(key); err == nil { // it was read once already
			freed = append(freed, block.Block{Segment: segment, Target: target})
		}
	}
	return freed
}

func (d *board) freedKeys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.freed))
}

// Changed gives a channel that is closed after the next edit. A reader gets
// it before it calls Since, so that no edit falls between.
func (l *Blocks) Changed() <-chan struct{} { return l.board.next() }

// feed is the last edits of all segments, oldest first.
type feed struct {
	edits []block.Edit
	// floor is the cursor of the last edit that is not kept any more.
	floor uint64
	last  uint64 // the cursor after all edits
}

func (f *feed) add(edits ...block.Edit) {
	f.edits = append(f.edits, edits...)
	f.last = edits[len(edits)-1].Cursor
	if over := len(f.edits) - feedSize; over >= feedSize {
		f.floor = f.edits[over-1].Cursor
		// A new array: readers may hold parts of the old one.
		f.edits = append(make([]block.Edit, 0, 2*feedSize), f.edits[over:]...)
	}
}

// after gives the edits after a cursor; ok is false when they are not known.
// The slice may not be changed.
func (f *feed) after(cursor uint64) (edits []block.Edit, ok bool) {
	if cursor < f.floor || cursor > f.last || cursor == 0 {
		return nil, false
	}
	at, _ := slices.BinarySearchFunc(f.edits, cursor, func(e block.Edit, cursor uint64) int {
		if e.Cursor <= cursor {
			return -1
		}
		return 1
	})
	return f.edits[at:len(f.edits):len(f.edits)], true
}

func (d *board) editsSince(cursor uint64) (edits []block.Edit, next uint64, reset bool) {
	edits, next, reset = d.editsAfter(cursor)
	if reset { // sorted where nobody waits for it
		slices.SortFunc(edits, func(a, b block.Edit) int { return cmp.Compare(a.Cursor, b.Cursor) })
	}
	return edits, next, reset
}

func (d *board) editsAfter(cursor uint64) (edits []block.Edit, next uint64, reset bool) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if edits, ok := d.feed.after(cursor); ok {
		return edits, d.feed.last, false
	}
	edits = make([]block.Edit, 0, len(d.blocks))
	for _, b := range d.blocks {
		if now.Before(b.ExpiresAt()) {
			edits = append(edits, block.Edit{Cursor: b.Revision, Block: b})
		}
	}
	return edits, d.feed.last, true
}

// reread goes on with the feed on a board that was read anew. Where it cannot
// go on (the bucket was brought back from a backup), its readers start over.
func (d *board) reread(fresh *board) {
	edits := differences(d, fresh)
	first := d.feed.last == 0
	lost := fresh.applied < d.feed.last || len(edits) > 0 && edits[0].Cursor <= d.feed.last
	switch {
	case first:
		d.feed = feed{floor: fresh.applied, last: fresh.applied}
	case lost:
		d.feed = feed{floor: fresh.applied + 1, last: fresh.applied}
	case len(edits) > 0:
		d.feed.add(edits...)
	}
	d.feed.last = max(d.feed.last, fresh.applied)
}

// differences are the edits that lead from one reading of the bucket to a
// later one, of which nobody saw the changes one by one.
func differences(was, is *board) []block.Edit {
	var edits []block.Edit
	for key, b := range is.blocks {
		if old := was.blocks[key]; old == nil || old.Revision != b.Revision {
			edits = append(edits, block.Edit{Cursor: b.Revision, Block: b, Old: old})
		}
	}
	for key, old := range was.blocks {
		if is.blocks[key] == nil {
			// The marker of the removal may have gone already; it was not
			// later than what was read last.
			at, marked := is.freed[key]
			if !marked {
				at = is.applied
			}
			edits = append(edits, block.Edit{Cursor: at, Old: old})
		}
	}
	slices.SortStableFunc(edits, func(a, b block.Edit) int { return cmp.Compare(a.Cursor, b.Cursor) })
	return edits
}
