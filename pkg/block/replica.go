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
	force    atomic.Pointer[inForce]
	segments map[string]*segment
	memory   *memory // of all segments
	clean    *clean  // likewise
}

// inForce is what is in force. It is never changed.
type inForce struct {
	sets
	changes changes
	asked   uint16 // the scopes, besides routes and addresses, under which any set has something filed
	lookups int    // of a request, besides routes
}

func newInForce(s sets, c changes) *inForce {
	in := &inForce{sets: s, changes: c}
	for i := range s {
		if set := s[i].set; set != nil {
			in.asked |= set.index.uses.scopes &^ (routeScope | addressScope)
			in.lookups += set.lookups()
		}
	}
	return in
}

// sets is the segments in the order of their names.
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
	r := &Replica{segments: map[string]*segment{}, memory: newMemory(), clean: newClean()}
	r.force.Store(new(inForce))
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
	in := r.force.Load()
	if in.lookups < cleanFrom {
		in.ask(&a)
	} else if name := r.clean.name(&a, in); r.clean.knows(name) {
		in.askRoutes(&a)
	} else if in.ask(&a); !a.filed {
		r.clean.learn(name)
	}
	return found.decision(q.Client)
}

func (s sets) ask(a *asking) {
	for i := range s {
		h := &s[i]
		a.ask(h.name, h.set, h.hashers)
	}
}

func (s sets) askRoutes(a *asking) {
	for i := range s {
		h := &s[i]
		a.askRoutes(h.name, h.set, h.hashers)
	}
}

// SetKeys replaces the keys under which a segment's users, keys, tokens and
// sessions are hashed, the current one first.
func (r *Replica) SetKeys(name string, keys []MatchKey) {
	h := r.held(name)
	h.keys, h.hashers = slices.Clone(keys), remembering(r.memory, keys, h.hashers)
	r.replace(h)
}

// MatchKeys gives the keys of each segment that has some.
func (r *Replica) MatchKeys() map[string][]MatchKey {
	keys := map[string][]MatchKey{}
	for _, h := range r.force.Load().sets {
		if len(h.keys) > 0 {
			keys[h.name] = h.keys
		}
	}
	return keys
}

// Sets gives the current set of each segment that there is one of.
func (r *Replica) Sets() map[string]*Set {
	sets := map[string]*Set{}
	for _, h := range r.force.Load().sets {
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
	r.replace(h)
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
	c := r.force.Load().changes
	if !d.Removed {
		c.note(d.Target)
	}
	r.store(h, c)
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
	in := r.force.Load()
	next := slices.DeleteFunc(slices.Clone(in.sets), func(h held) bool { return !keep(h.name) })
	maps.DeleteFunc(r.segments, func(name string, _ *segment) bool { return !keep(name) })
	r.force.Store(newInForce(next, in.changes))
}

func (r *Replica) segment(name string) *segment {
	s := r.segments[name]
	if s == nil {
		s = &segment{}
		r.segments[name] = s
	}
	return s
}

func (r *Replica) held(name string) held { return r.force.Load().of(name) }

// replace puts another set, or other keys, in the place of a segment's.
func (r *Replica) replace(h held) {
	c := r.force.Load().changes
	c.common++
	r.store(h, c)
}

func (r *Replica) store(h held, c changes) {
	r.force.Store(newInForce(r.force.Load().with(h), c))
}
