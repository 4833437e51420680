package block

import (
	"maps"
	"slices"
	"strings"
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
	memory   *memory // of all segments
}

// sets is what is in force. It is never changed.
type sets []held

// held is a segment with its match keys: as they are, and ready to hash with.
type held struct {
	name    string
	set     *Set
	keys    []MatchKey
	hashers []*hasher
}

// of gives a segment, empty when there is none.
func (s sets) of(name string) held {
	if i, ok := s.index(name); ok {
		return s[i]
	}
	return held{name: name}
}

func (s sets) index(name string) (int, bool) {
	return slices.BinarySearchFunc(s, name, func(h held, name string) int { return strings.Compare(h.name, name) })
}

// with is the sets with a segment in the place of the one of its name.
func (s sets) with(h held) sets {
	i, ok := s.index(h.name)
	if next := slices.Clone(s); ok {
		next[i] = h
		return next
	}
	return slices.Insert(slices.Clip(s), i, h)
}

type segment struct {
	waiting bool // for a snapshot: deltas are kept in pending
	pending []Delta
	behind  bool // the last heartbeat was ahead of us
	ahead   int  // heartbeats in a row that were behind us
}

// NewReplica makes an empty replica.
func NewReplica() *Replica {
	r := &Replica{segments: map[string]*segment{}, memory: newMemory()}
	r.sets.Store(new(sets))
	return r
}

// Decide tells what all segments together say about a request: an exemption
// in any of them wins. What it says about a throttled request is for whoever
// holds the buckets. It does not allocate, but for a path that holds ";" or a
// NUL where there are blocks on routes.
func (r *Replica) Decide(q *Request, now time.Duration) Decision {
	var hashed secrets
	var found tally
	a := newAsking(q, now, &hashed, &found)
	sets := *r.sets.Load()
	for i := range sets {
		h := &sets[i]
		a.ask(h.name, h.set, h.hashers)
	}
	return found.decision(q.Client)
}

// SetKeys replaces the keys under which a segment's users, keys, tokens and
// sessions are hashed, the current one first.
func (r *Replica) SetKeys(name string, keys []MatchKey) {
	h := r.held(name)
	h.keys, h.hashers = slices.Clone(keys), remembering(r.memory, keys, h.hashers)
	r.store(h)
}

// MatchKeys gives the keys of each segment that has some.
func (r *Replica) MatchKeys() map[string][]MatchKey {
	keys := map[string][]MatchKey{}
	for _, h := range *r.sets.Load() {
		if len(h.keys) > 0 {
			keys[h.name] = h.keys
		}
	}
	return keys
}

// Sets gives the current set of each segment that there is one of.
func (r *Replica) Sets() map[string]*Set {
	sets := map[string]*Set{}
	for _, h := range *r.sets.Load() {
		if h.set != nil {
			sets[h.name] = h.set
		}
	}
	return sets
}

// Set gives the current set of a segment, nil when it is empty or unknown.
func (r *Replica) Set(name string) *Set { return r.held(name).set }

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
	s.waiting, s.pending, s.behind, s.ahead = true, s.pending[:0], false, 0
}

// Load takes a snapshot, and the deltas that came since Expect and are newer.
func (r *Replica) Load(name string, set *Set, now time.Duration) {
	s := r.segment(name)
	for _, d := range s.pending {
		set = set.Apply(d, now)
	}
	s.waiting, s.pending, s.behind = false, nil, false
	h := r.held(name)
	h.set = set
	r.store(h)
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
	h := r.held(name)
	set := h.set.Apply(d, now)
	if set == h.set {
		return false
	}
	h.set = set
	r.store(h)
	return true
}

// aheadLimit is how many heartbeats in a row may be behind a replica: in a
// flood of changes their original learns of them later than its replicas do,
// and a snapshot of it would take them back. After so many it must have been
// restored from a backup.
const aheadLimit = 10

// Heartbeat compares with the original's version and tells whether the
// replica has missed something and needs a snapshot. A heartbeat may overtake
// deltas, so being behind counts only when it shows twice.
func (r *Replica) Heartbeat(name string, original Version) (stale bool) {
	s := r.segment(name)
	have := r.Set(name).Version()
	switch {
	case s.waiting || have == original:
		s.behind, s.ahead = false, 0
		return false
	case have.Revision == original.Revision:
		return true
	case have.Revision > original.Revision:
		s.behind = false
		s.ahead++
		return s.ahead >= aheadLimit
	default:
		stale = s.behind
		s.behind, s.ahead = !stale, 0
		return stale
	}
}

// Forget drops the segments that are not in keep.
func (r *Replica) Forget(keep func(name string) bool) {
	next := slices.DeleteFunc(slices.Clone(*r.sets.Load()), func(h held) bool { return !keep(h.name) })
	maps.DeleteFunc(r.segments, func(name string, _ *segment) bool { return !keep(name) })
	r.sets.Store(&next)
}

func (r *Replica) segment(name string) *segment {
	s := r.segments[name]
	if s == nil {
		s = &segment{}
		r.segments[name] = s
	}
	return s
}

func (r *Replica) held(name string) held { return r.sets.Load().of(name) }

func (r *Replica) store(h held) {
	next := r.sets.Load().with(h)
	r.sets.Store(&next)
}
