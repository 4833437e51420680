package block

import (
	"encoding/binary"
	"iter"
	"time"

	"github.com/zeebo/xxh3"
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

// Version tells one state of a segment's set from another: two holders with
// equal versions hold the same blocks.
type Version struct {
	Revision uint64 `json:"revision"` // of the last change to the segment; 0 = none ever
	Count    int    `json:"count"`
	Hash     uint64 `json:"hash,string"` // over everything of each block but its lifetime
}

// Set is the blocks of one segment at one revision. It is immutable: Apply
// gives a new one and shares what did not change, so any number of readers
// may go on with the old. A nil Set is empty.
//
// A block whose deadline has passed is not found any more, but counts in
// Version until its removal arrives as a delta: so the versions of two
// holders agree whatever their clocks say.
type Set struct {
	exact   exact // what belongs there
	index   index // all others
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
// under which the segment's secrets are hashed; a Replica has them ready, and
// is what to ask about many requests.
func (s *Set) Find(r *Request, keys []MatchKey, now time.Duration) Decision {
	var hashed secrets
	var found tally
	a := newAsking(r, now, &hashed, &found)
	a.ask("", s, newHashers(keys))
	return found.decision(r.Client)
}

// Get gives the block on exactly this target, over or not.
func (s *Set) Get(t Target) (*Entry, bool) {
	if s == nil {
		return nil, false
	}
	e := s.get(t)
	return e, e != nil
}

func (s *Set) get(t Target) *Entry {
	if t.exactly() {
		return s.exact.get(t)
	}
	_, e := s.index.find(t)
	return e
}

// Entries yields all blocks in no particular order.
func (s *Set) Entries() iter.Seq2[Target, *Entry] {
	return func(yield func(Target, *Entry) bool) {
		if s == nil {
			return
		}
		for t, e := range s.exact.all() {
			if !yield(t, e) {
				return
			}
		}
		for t, e := range s.index.all() {
			if !yield(t, e) {
				return
			}
		}
	}
}

// Apply gives the set after a delta. A delta that is not newer than the set
// changes nothing, so deltas may be repeated; they must come in the order of
// their revisions.
func (s *Set) Apply(d Delta, now time.Duration) *Set {
	if d.Revision <= s.Version().Revision {
		return s
	}
	next := new(Set)
	if s != nil {
		*next = *s
	}
	if d.Removed {
		next.remove(d.Target)
	} else {
		next.put(d.Target, d.entry(now), false)
	}
	next.version.Revision = d.Revision
	return next
}

// put sets the block of a target; mine is as for a table.
func (s *Set) put(t Target, e Entry, mine bool) {
	s.discount(t)
	if t.exactly() {
		s.exact.put(t, e, mine)
	} else {
		s.index.put(t, e, mine)
	}
	s.recount(t, &e)
}

// recount takes a block that has come into the version.
func (s *Set) recount(t Target, e *Entry) {
	s.version.Hash ^= fingerprint(t, e)
	s.version.Count++
}

func (s *Set) remove(t Target) {
	if !s.discount(t) {
		return
	}
	if t.exactly() {
		s.exact.remove(t)
	} else {
		s.index.remove(t)
	}
}

// discount takes what is on a target out of the version.
func (s *Set) discount(t Target) bool {
	old := s.get(t)
	if old == nil {
		return false
	}
	s.version.Hash ^= fingerprint(t, old)
	s.version.Count--
	return true
}

// fingerprint is one block's share in a set's hash.
func fingerprint(t Target, e *Entry) uint64 {
	var room [96]byte
	buf := t.appendBinary(room[:0])
	buf = append(buf, byte(e.Action), byte(e.Mode), e.Percent)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(e.ID))
	buf = binary.LittleEndian.AppendUint64(buf, e.Revision)
	buf = e.Terms.appendBinary(buf)
	return xxh3.Hash(buf)
}

// Builder makes a large set without the cost of a version for each block. The
// zero value is ready to use. It is not safe for concurrent use.
type Builder struct{ set Set }

// Add puts a block, in any order of revisions; a later call for the same
// target wins.
func (b *Builder) Add(d Delta, now time.Duration) {
	b.set.put(d.Target, d.entry(now), true)
	b.set.version.Revision = max(b.set.version.Revision, d.Revision)
}

// Set is the result, at the given revision (which may be later than that of
// any block, when the last change was a removal). The builder is empty again.
func (b *Builder) Set(revision uint64) *Set {
	set := b.set
	b.set = Set{}
	set.exact.settle()
	set.index.settle()
	set.version.Revision = max(set.version.Revision, revision)
	return &set
}
