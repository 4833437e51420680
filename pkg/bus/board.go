package bus

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ringSize is how many changes of a segment are kept for followers that come
// back.
const ringSize = 4096

// board is the blocklist in the service's memory: what the bucket said, in
// the bucket's order.
type board struct {
	epoch time.Time // zero of the board's monotonic clock

	mu       sync.Mutex
	blocks   map[string]*block.Block // by key; may not be changed
	freed    map[string]uint64       // keys that hold a marker, and its sequence
	segments map[string]*segment
	applied  uint64        // sequence of the last change
	changed  chan struct{} // closed by the next change; nil when nobody waits
	sorted   []block.Block // by key; nil when out of date
	feed     feed
}

// segment is one segment's set and its last changes.
type segment struct {
	set  *block.Set
	ring []change // oldest first
}

// change is a delta and the version that it led to.
type change struct {
	delta   block.Delta
	at      time.Duration // when it was applied
	put     time.Duration // when it was put, before it was stored
	version block.Version
}

func newBoard() *board {
	return &board{
		epoch: time.Now(), blocks: map[string]*block.Block{},
		freed: map[string]uint64{}, segments: map[string]*segment{},
	}
}

func (d *board) now() time.Duration { return time.Since(d.epoch) }

// entry is one message of the bucket.
type entry struct {
	key     string
	segment string
	delta   block.Delta
	put     time.Time    // when it was put; zero for a removal
	block   *block.Block // nil when the delta is a removal
}

// apply takes the next message of the bucket.
func (d *board) apply(e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.blocks[e.key]; old != nil || e.block != nil {
		d.feed.add(block.Edit{Cursor: e.delta.Revision, Block: e.block, Old: old})
	}
	d.keep(e)
	s := d.segment(e.segment)
	now, put := d.moments(time.Now(), e.put)
	s.set = s.set.Apply(e.delta, now)
	if len(s.ring) == 2*ringSize {
		s.ring = append(s.ring[:0], s.ring[ringSize:]...)
	}
	s.ring = append(s.ring, change{e.delta, now, put, s.set.Version()})
	d.notify()
}

// moments gives two times on the board's clock. That of a put comes from a
// header and has no monotonic reading: it is known by how long ago it was at
// one and the same moment, or all that takes time in between makes it older.
func (d *board) moments(at, put time.Time) (now, then time.Duration) {
	now = at.Sub(d.epoch)
	return now, now - at.Sub(put)
}

func (d *board) keep(e entry) {
	d.applied = e.delta.Revision
	d.sorted = nil
	if e.delta.Removed {
		delete(d.blocks, e.key)
		d.freed[e.key] = e.delta.Revision
		return
	}
	delete(d.freed, e.key)
	d.blocks[e.key] = e.block
}

// replace takes a board that was read anew from the bucket. A segment that is
// as it was goes on with its ring, so that nobody needs a snapshot.
func (d *board) replace(fresh *board) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, s := range d.segments {
		if fresh.segments[name] == nil {
			fresh.segments[name] = &segment{}
		}
		if was, is := s.set.Version(), fresh.segments[name].set.Version(); was.Count == is.Count && was.Hash == is.Hash && was.Revision >= is.Revision {
			fresh.segments[name] = s
		}
	}
	d.reread(fresh)
	d.blocks, d.freed, d.segments, d.sorted = fresh.blocks, fresh.freed, fresh.segments, nil
	d.applied = max(d.applied, fresh.applied)
	d.notify()
}

func (d *board) segment(name string) *segment {
	s := d.segments[name]
	if s == nil {
		s = &segment{}
		d.segments[name] = s
	}
	return s
}

func (d *board) notify() {
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

// wake lets those who wait for a change look again.
func (d *board) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notify()
}

// next gives a channel that the next change closes.
func (d *board) next() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nextLocked()
}

func (d *board) nextLocked() <-chan struct{} {
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return d.changed
}

// wait waits until the message with this sequence has been applied.
func (d *board) wait(ctx context.Context, sequence uint64) error {
	for {
		d.mu.Lock()
		if d.applied >= sequence {
			d.mu.Unlock()
			return nil
		}
		changed := d.nextLocked()
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// holder gives the block on a key, and the sequence that a publish to the key
// has to be fenced with.
func (d *board) holder(key string) (b block.Block, after uint64, held bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.blocks[key]; at != nil {
		return *at, at.Revision, true
	}
	return b, d.freed[key], false
}

// list gives all blocks ordered by key. The slice may not be changed.
func (d *board) list() []block.Block {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sorted == nil {
		d.sorted = make([]block.Block, 0, len(d.blocks))
		for _, key := range slices.SortedFunc(maps.Keys(d.blocks), strings.Compare) {
			d.sorted = append(d.sorted, *d.blocks[key])
		}
	}
	return d.sorted
}

// set gives a segment's set, nil when the segment has never had a block.
func (d *board) set(name string) *block.Set {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.segments[name]; s != nil {
		return s.set
	}
	return nil
}

// names lists the segments that have ever had a block.
func (d *board) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.segments))
}

// since gives what changed in a segment after a version, lifetimes as left
// now. ok is false when that cannot be told and a snapshot is needed.
func (d *board) since(name string, have block.Version) (changes []change, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.segments[name]
	if s == nil {
		return nil, have == block.Version{}
	}
	if s.set.Version() == have {
		return nil, true
	}
	at, found := slices.BinarySearchFunc(s.ring, have.Revision, func(c change, revision uint64) int {
		return cmp.Compare(c.version.Revision, revision)
	})
	if !found || s.ring[at].version != have {
		return nil, false
	}
	now := d.now()
	for _, c := range s.ring[at+1:] {
		c.delta.Left -= now - c.at
		changes = append(changes, c)
	}
	return changes, true
}

// putAt tells when a revision of a segment was put; it is now when that is
// not known any more.
func (d *board) putAt(name string, revision uint64) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.segments[name]; s != nil {
		at, found := slices.BinarySearchFunc(s.ring, revision, func(c change, revision uint64) int {
			return cmp.Compare(c.version.Revision, revision)
		})
		if found {
			return s.ring[at].put
		}
	}
	return d.now()
}

// lackingSince tells since when a holder of a segment at a revision has lacked
// what came next; since the service's start when that is not known any more.
func (d *board) lackingSince(name string, has uint64) (at time.Duration, lacks bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.segments[name]
	if s == nil || has >= s.set.Version().Revision {
		return 0, false
	}
	next, found := slices.BinarySearchFunc(s.ring, has, func(c change, has uint64) int {
		return cmp.Compare(c.version.Revision, has)
	})
	if found {
		next++
	}
	if next == len(s.ring) {
		return 0, true
	}
	return s.ring[next].at, true
}

// decided tells when the blocks of a segment with a revision in (after, upTo]
// were put, oldest first, as far as the ring goes back.
func (d *board) decided(name string, after, upTo uint64) []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.segments[name]
	if s == nil {
		return nil
	}
	var at []time.Duration
	for _, c := range slices.Backward(s.ring) {
		if c.version.Revision <= after {
			break
		}
		if c.version.Revision <= upTo && !c.delta.Removed {
			at = append(at, c.put)
		}
	}
	slices.Reverse(at)
	return at
}
