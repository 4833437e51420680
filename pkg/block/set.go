package block

import (
	"iter"
	"net/netip"
	"time"

	"github.com/gaissmai/bart"
)

// Entry is what a holder of the set keeps of a block: enough to decide and to
// name the decision.
type Entry struct {
	ID       ID
	Revision uint64
	Deadline time.Duration // on the holder's monotonic clock
	Action   Action
	Mode     Mode
}

func (e *Entry) live(now time.Duration) bool { return now < e.Deadline }

// Version tells one state of a segment's set from another: two holders with
// equal versions hold the same blocks.
type Version struct {
	Revision uint64 `json:"revision"` // of the last change to the segment; 0 = none ever
	Count    int    `json:"count"`
	Hash     uint64 `json:"hash,string"` // over target, id, revision, action and mode of each block
}

// Set is the blocks of one segment at one revision. It is immutable: Apply
// gives a new one and shares what did not change, so any number of readers
// may go on with the old. A nil Set is empty.
//
// A block whose deadline has passed is not found any more, but counts in
// Version until its removal arrives as a delta: so the versions of two
// holders agree whatever their clocks say.
type Set struct {
	table   *bart.Table[*Entry]
	version Version
}

// Version is the state of the set.
func (s *Set) Version() Version {
	if s == nil {
		return Version{}
	}
	return s.version
}

// Find gives the block that an address meets at a time: the most specific one
// that is enforced, else the most specific shadow one, else nil. The entry
// may not be changed.
func (s *Set) Find(a netip.Addr, now time.Duration) *Entry {
	if s == nil {
		return nil
	}
	a = a.Unmap()
	e, ok := s.table.Lookup(a)
	if !ok || e.live(now) && e.Mode == Enforce {
		return e
	}
	return s.findWider(a, now)
}

// findWider looks past blocks that are over or in shadow.
func (s *Set) findWider(a netip.Addr, now time.Duration) *Entry {
	var shadow *Entry
	for _, e := range s.table.Supernets(netip.PrefixFrom(a, a.BitLen())) {
		if !e.live(now) {
			continue
		}
		if e.Mode == Enforce {
			return e
		}
		if shadow == nil {
			shadow = e
		}
	}
	return shadow
}

// Get gives the block on exactly this target, over or not.
func (s *Set) Get(t Target) (*Entry, bool) {
	if s == nil {
		return nil, false
	}
	return s.table.Get(t.prefix)
}

// Entries yields all blocks in no particular order.
func (s *Set) Entries() iter.Seq2[Target, *Entry] {
	return func(yield func(Target, *Entry) bool) {
		if s == nil {
			return
		}
		for p, e := range s.table.All() {
			if !yield(Target{p}, e) {
				return
			}
		}
	}
}

// Delta is one change to a segment: a block put on a target, or a target
// freed.
type Delta struct {
	Revision uint64
	Target   Target
	Removed  bool
	// The rest is meant only when a block is put.
	ID     ID
	Left   time.Duration // lifetime left when the delta was sent
	Action Action
	Mode   Mode
}

// DeltaOf is the delta that puts b, with the lifetime that is left at now.
func DeltaOf(b *Block, now time.Time) Delta {
	return Delta{
		Revision: b.Revision, Target: b.Target, ID: b.ID,
		Left: b.ExpiresAt().Sub(now), Action: b.Action, Mode: b.Mode,
	}
}

// Apply gives the set after a delta. A delta that is not newer than the set
// changes nothing, so deltas may be repeated; they must come in the order of
// their revisions.
func (s *Set) Apply(d Delta, now time.Duration) *Set {
	v := s.Version()
	if d.Revision <= v.Revision {
		return s
	}
	next := &Set{table: &bart.Table[*Entry]{}, version: v}
	if s != nil {
		next.table = s.table
	}
	next.version.Revision = d.Revision
	if old, ok := next.table.Get(d.Target.prefix); ok {
		next.version.Hash ^= fingerprint(d.Target, old)
		next.version.Count--
	}
	if d.Removed {
		next.table = next.table.DeletePersist(d.Target.prefix)
		return next
	}
	e := d.entry(now)
	next.table = next.table.InsertPersist(d.Target.prefix, e)
	next.version.Hash ^= fingerprint(d.Target, e)
	next.version.Count++
	return next
}

func (d *Delta) entry(now time.Duration) *Entry {
	return &Entry{ID: d.ID, Revision: d.Revision, Deadline: now + d.Left, Action: d.Action, Mode: d.Mode}
}

// Builder makes a large set without the cost of a version for each block. The
// zero value is ready to use. It is not safe for concurrent use.
type Builder struct{ set Set }

// Add puts a block, in any order of revisions; a later call for the same
// target wins.
func (b *Builder) Add(d Delta, now time.Duration) {
	if b.set.table == nil {
		b.set.table = &bart.Table[*Entry]{}
	}
	v := &b.set.version
	if old, ok := b.set.table.Get(d.Target.prefix); ok {
		v.Hash ^= fingerprint(d.Target, old)
		v.Count--
	}
	e := d.entry(now)
	b.set.table.Insert(d.Target.prefix, e)
	v.Hash ^= fingerprint(d.Target, e)
	v.Count++
	v.Revision = max(v.Revision, d.Revision)
}

// Set is the result, at the given revision (which may be later than that of
// any block, when the last change was a removal). The builder is empty again.
func (b *Builder) Set(revision uint64) *Set {
	set := b.set
	b.set = Set{}
	if set.table == nil {
		set.table = &bart.Table[*Entry]{}
	}
	set.version.Revision = max(set.version.Revision, revision)
	return &set
}
