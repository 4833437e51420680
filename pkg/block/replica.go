package block

import (
	"maps"
	"sync/atomic"
	"time"
)

// maxPending bounds the deltas that wait for a snapshot. Over it they are
// dropped: the next heartbeat shows the gap and another snapshot is taken.
const maxPending = 1 << 17

// Replica holds the sets of several segments on the far side of a connection
// and keeps them equal to the original: deltas as they come, a snapshot when
// something was missed, a heartbeat to notice it.
//
// One goroutine at a time may change it; Decide and Versions may be called by
// any number at any time.
type Replica struct {
	sets     atomic.Pointer[sets]
	segments map[string]*segment
}

// sets is what is in force: the list is the maps again, because a decision
// goes through all of it and a list is several times faster.
type sets struct {
	byName map[string]*Set
	keys   map[string][]MatchKey
	list   []named
}

type named struct {
	name string
	set  *Set
	keys []MatchKey
}

func newSets(byName map[string]*Set, keys map[string][]MatchKey) *sets {
	s := &sets{byName: byName, keys: keys}
	for name, set := range byName {
		s.list = append(s.list, named{name, set, keys[name]})
	}
	return s
}

type segment struct {
	waiting bool // for a snapshot: deltas are kept in pending
	pending []Delta
	behind  bool // the last heartbeat was ahead of us
}

// NewReplica makes an empty replica.
func NewReplica() *Replica {
	r := &Replica{segments: map[string]*segment{}}
	r.sets.Store(newSets(map[string]*Set{}, map[string][]MatchKey{}))
	return r
}

// Decide tells what all segments together say about a request: an exemption
// in any of them wins. What it says about a throttled request is for whoever
// holds the buckets. It does not allocate unless the request presents secrets
// that blocks are about.
func (r *Replica) Decide(q *Request, now time.Duration) Decision {
	var found Decision
	for _, s := range r.sets.Load().list {
		d := s.set.Find(q, s.keys, now)
		if d.Found || d.Flag.ID != 0 {
			d.Segment = s.name
			found.merge(&d)
		}
	}
	return found
}

// SetKeys replaces the keys under which a segment's users, keys, tokens and
// sessions are hashed, the current one first.
func (r *Replica) SetKeys(name string, keys []MatchKey) {
	old := r.sets.Load()
	next := maps.Clone(old.keys)
	next[name] = keys
	r.sets.Store(newSets(old.byName, next))
}

// MatchKeys gives the keys of each segment. The map may not be changed.
func (r *Replica) MatchKeys() map[string][]MatchKey { return r.sets.Load().keys }

// Sets gives the current set of each segment. The map may not be changed.
func (r *Replica) Sets() map[string]*Set { return r.sets.Load().byName }

// Versions tells which version of each segment is in force.
func (r *Replica) Versions() map[string]Version {
	versions := map[string]Version{}
	for name, set := range r.Sets() {
		versions[name] = set.Version()
	}
	return versions
}

// Expect makes the replica wait for a snapshot of a segment: from now on its
// deltas are kept until Load. What is held stays in force meanwhile. Call it
// after subscribing to deltas and before asking for the snapshot.
func (r *Replica) Expect(name string) {
	s := r.segment(name)
	s.waiting, s.pending, s.behind = true, s.pending[:0], false
}

// Load takes a snapshot, and the deltas that came since Expect and are newer.
func (r *Replica) Load(name string, set *Set, now time.Duration) {
	s := r.segment(name)
	for _, d := range s.pending {
		set = set.Apply(d, now)
	}
	s.waiting, s.pending, s.behind = false, nil, false
	r.store(name, set)
}

// Apply takes a delta. It tells whether the set changed.
func (r *Replica) Apply(name string, d Delta, now time.Duration) bool {
	s := r.segment(name)
	if s.waiting {
		if len(s.pending) < maxPending {
			s.pending = append(s.pending, d)
		}
		return false
	}
	old := r.Sets()[name]
	set := old.Apply(d, now)
	if set == old {
		return false
	}
	r.store(name, set)
	return true
}

// Heartbeat compares with the original's version and tells whether the
// replica has missed something and needs a snapshot. A heartbeat may overtake
// deltas, so being behind counts only when it shows twice.
func (r *Replica) Heartbeat(name string, original Version) (stale bool) {
	s := r.segment(name)
	have := r.Sets()[name].Version()
	switch {
	case s.waiting || have == original:
		s.behind = false
		return false
	case have.Revision == original.Revision:
		return true
	default:
		// Ahead of the original is a heartbeat made before our last delta, or,
		// when it shows twice, an original that was restored from a backup.
		stale = s.behind
		s.behind = !stale
		return stale
	}
}

// Forget drops the segments that are not in keep.
func (r *Replica) Forget(keep func(name string) bool) {
	next := map[string]*Set{}
	for name, set := range r.Sets() {
		if keep(name) {
			next[name] = set
		} else {
			delete(r.segments, name)
		}
	}
	keys := maps.Clone(r.MatchKeys())
	maps.DeleteFunc(keys, func(name string, _ []MatchKey) bool { return !keep(name) })
	r.sets.Store(newSets(next, keys))
}

func (r *Replica) segment(name string) *segment {
	s := r.segments[name]
	if s == nil {
		s = &segment{}
		r.segments[name] = s
	}
	return s
}

func (r *Replica) store(name string, set *Set) {
	next := make(map[string]*Set, len(r.Sets())+1)
	for n, s := range r.Sets() {
		next[n] = s
	}
	next[name] = set
	r.sets.Store(newSets(next, r.MatchKeys()))
}
