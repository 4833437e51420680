package block

import (
	"iter"
	"maps"
	"net/netip"
	"time"

	"github.com/gaissmai/bart"
)

// Entry is what a holder of the set keeps of a block: enough to decide and to
// name the decision. Entries may not be changed.
type Entry struct {
	ID       ID
	Revision uint64
	Deadline time.Duration // on the holder's monotonic clock
	Action   Action
	Mode     Mode
	Percent  uint8  // of the clients, in mode canary
	Terms    *Terms // nil = the action's defaults
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
	blocks  *bart.Table[*Entry] // of plain targets
	exempt  *bart.Table[*Entry] // exemptions of plain targets
	others  map[Target]*Entry   // of all other targets
	version Version
}

// Version is the state of the set.
func (s *Set) Version() Version {
	if s == nil {
		return Version{}
	}
	return s.version
}

// Find tells what the set says about a request at a time: an exemption wins
// over all; of the blocks that are enforced the strongest action wins, and of
// those the most specific target; then come those in shadow. keys are those
// under which the segment's secrets are hashed. It does not allocate unless
// the set has targets with secrets that the request presents.
func (s *Set) Find(r *Request, keys []MatchKey, now time.Duration) Decision {
	var d Decision
	if s == nil {
		return d
	}
	s.eachMet(r, keys, now, func(t Target, e *Entry) { d.meet(t, e, r) })
	return d
}

// eachMet yields the live entries whose targets a request meets.
func (s *Set) eachMet(r *Request, keys []MatchKey, now time.Duration, yield func(Target, *Entry)) {
	if a := r.Client.Unmap().WithZone(""); a.IsValid() {
		for _, table := range []*bart.Table[*Entry]{s.blocks, s.exempt} {
			if table == nil {
				continue
			}
			for p, e := range table.Supernets(netip.PrefixFrom(a, a.BitLen())) {
				if e.live(now) {
					yield(Target{prefix: p, exempt: table == s.exempt}, e)
				}
			}
		}
	}
	for t, e := range s.others {
		if e.live(now) && t.Meets(r, keys) {
			yield(t, e)
		}
	}
}

// Get gives the block on exactly this target, over or not.
func (s *Set) Get(t Target) (*Entry, bool) {
	if s == nil {
		return nil, false
	}
	if table := *s.table(t); t.Plain() {
		if table == nil {
			return nil, false
		}
		return table.Get(t.prefix)
	}
	e, ok := s.others[t]
	return e, ok
}

func (s *Set) table(t Target) **bart.Table[*Entry] {
	if t.exempt {
		return &s.exempt
	}
	return &s.blocks
}

// Entries yields all blocks in no particular order.
func (s *Set) Entries() iter.Seq2[Target, *Entry] {
	return func(yield func(Target, *Entry) bool) {
		if s == nil {
			return
		}
		for _, exempt := range []bool{false, true} {
			table := *s.table(Target{exempt: exempt})
			if table == nil {
				continue
			}
			for p, e := range table.All() {
				if !yield(Target{prefix: p, exempt: exempt}, e) {
					return
				}
			}
		}
		for t, e := range s.others {
			if !yield(t, e) {
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
	ID      ID
	Left    time.Duration // lifetime left when the delta was sent
	Action  Action
	Mode    Mode
	Percent uint8
	Terms   *Terms
}

// DeltaOf is the delta that puts b, with the lifetime that is left at now.
func DeltaOf(b *Block, now time.Time) Delta {
	return Delta{
		Revision: b.Revision, Target: b.Target, ID: b.ID,
		Left: b.ExpiresAt().Sub(now), Action: b.Action, Mode: b.Mode, Percent: b.Percent, Terms: b.Terms,
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
	next := &Set{version: v}
	if s != nil {
		*next = *s
	}
	next.version.Revision = d.Revision
	if old, ok := s.Get(d.Target); ok {
		next.version.Hash ^= fingerprint(d.Target, old)
		next.version.Count--
	}
	if d.Removed {
		next.persist(d.Target, nil)
		return next
	}
	e := d.entry(now)
	next.persist(d.Target, e)
	next.version.Hash ^= fingerprint(d.Target, e)
	next.version.Count++
	return next
}

// persist puts an entry, or takes it away when it is nil, and leaves what
// other sets share as it is.
func (s *Set) persist(t Target, e *Entry) {
	if !t.Plain() {
		s.others = maps.Clone(s.others)
		putOther(&s.others, t, e)
		return
	}
	table := s.table(t)
	if *table == nil {
		*table = &bart.Table[*Entry]{}
	}
	if e == nil {
		*table = (*table).DeletePersist(t.prefix)
	} else {
		*table = (*table).InsertPersist(t.prefix, e)
	}
}

func putOther(others *map[Target]*Entry, t Target, e *Entry) {
	if e == nil {
		delete(*others, t)
		return
	}
	if *others == nil {
		*others = map[Target]*Entry{}
	}
	(*others)[t] = e
}

func (d *Delta) entry(now time.Duration) *Entry {
	return &Entry{
		ID: d.ID, Revision: d.Revision, Deadline: now + d.Left,
		Action: d.Action, Mode: d.Mode, Percent: d.Percent, Terms: d.Terms,
	}
}

// Builder makes a large set without the cost of a version for each block. The
// zero value is ready to use. It is not safe for concurrent use.
type Builder struct{ set Set }

// Add puts a block, in any order of revisions; a later call for the same
// target wins.
func (b *Builder) Add(d Delta, now time.Duration) {
	v := &b.set.version
	if old, ok := b.set.Get(d.Target); ok {
		v.Hash ^= fingerprint(d.Target, old)
		v.Count--
	}
	e := d.entry(now)
	b.insert(d.Target, e)
	v.Hash ^= fingerprint(d.Target, e)
	v.Count++
	v.Revision = max(v.Revision, d.Revision)
}

func (b *Builder) insert(t Target, e *Entry) {
	if !t.Plain() {
		putOther(&b.set.others, t, e)
		return
	}
	table := b.set.table(t)
	if *table == nil {
		*table = &bart.Table[*Entry]{}
	}
	(*table).Insert(t.prefix, e)
}

// Set is the result, at the given revision (which may be later than that of
// any block, when the last change was a removal). The builder is empty again.
func (b *Builder) Set(revision uint64) *Set {
	set := b.set
	b.set = Set{}
	set.version.Revision = max(set.version.Revision, revision)
	return &set
}
