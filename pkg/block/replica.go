package block

import (
	"net/netip"
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

// sets is what is in force: the list is the map again, because a decision
// goes through all of it and a list is several times faster.
type sets struct {
	byName map[string]*Set
	list   []named
}

type named struct {
	name string
	set  *Set
}

func newSets(byName map[string]*Set) *sets {
	s := &sets{byName: byName}
	for name, set := range byName {
		s.list = append(s.list, named{name, set})
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
	r.sets.Store(newSets(map[string]*Set{}))
	return r
}

// Decision is what the replica says about a request. The zero Decision is
// "let it pass".
type Decision struct {
	ID      ID
	Segment string
	Action  Action
	Mode    Mode
	Found   bool
}

// Denied tells whether the request is to be refused.
func (d Decision) Denied() bool { return d.Found && d.Mode == Enforce }

// Decide looks an address up in all segments. An enforced block wins over one
// in shadow. It does not allocate.
func (r *Replica) Decide(a netip.Addr, now time.Duration) Decision {
	var found Decision
	for _, s := range r.sets.Load().list {
		e := s.set.Find(a, now)
		if e == nil || found.Found && e.Mode != Enforce {
			continue
		}
		found = Decision{ID: e.ID, Segment: s.name, Action: e.Action, Mode: e.Mode, Found: true}
		if e.Mode == Enforce {
			return found
		}
	}
	return found
}

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
	r.sets.Store(newSets(next))
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
	r.sets.Store(newSets(next))
}
