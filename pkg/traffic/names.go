package traffic

import (
	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// kind is what a principal is. A key and a token stand in the same column. What
// a client runs is counted like one: a block on it hits all who run that.
type kind uint8

const (
	noKind kind = iota
	kindUser
	kindToken
	kindApplication
	kindSession
	kindFingerprint
	kindUserAgent
)

// shares tells whether who shares a client is told apart by this kind. A session
// is not: one user may have many.
func (k kind) shares() bool { return k == kindUser || k == kindToken || k == kindApplication }

// plain tells whether blocks call those of this kind as logs do.
func (k kind) plain() bool {
	return k == kindApplication || k == kindFingerprint || k == kindUserAgent
}

func kindOf(scope string) kind {
	switch block.Scope(scope) {
	case block.ScopeUser:
		return kindUser
	case block.ScopeKey, block.ScopeToken:
		return kindToken
	case block.ScopeApplication:
		return kindApplication
	case block.ScopeSession:
		return kindSession
	case block.ScopeFingerprint:
		return kindFingerprint
	case block.ScopeUserAgent:
		return kindUserAgent
	default:
		return noKind
	}
}

// principalKey is what a principal is counted under.
func (c *Counts) principalKey(k kind, name []byte) uint64 {
	return xxh3.HashSeed(name, c.seed+uint64(k))
}

// maxNames bounds how many other names of principals are known.
const maxNames = 1 << 16

// names are the hashes by which others call principals: those of a mask, those
// of a segment's match key. They are forgotten in the order in which they were
// told first.
type names struct {
	keys  map[uint64]uint64 // hash of the other name → principal's key
	order []uint64          // a ring
	next  int
}

func newNames(max int) names {
	return names{keys: map[uint64]uint64{}, order: make([]uint64, 0, max)}
}

func (n *names) tell(name, key uint64) {
	if _, known := n.keys[name]; known {
		return
	}
	if len(n.order) < cap(n.order) {
		n.order = append(n.order, name)
	} else {
		delete(n.keys, n.order[n.next])
		n.order[n.next] = name
		n.next = (n.next + 1) % len(n.order)
	}
	n.keys[name] = key
}

// Know tells that others call a principal by another name: its hash in
// findings, or in blocks of a segment. The actor has the name that stands in
// logs. Names are not part of a snapshot.
func (c *Counts) Know(alias string, a finding.Actor) {
	k := kindOf(string(a.Kind))
	if k == noKind || alias == "" || alias == a.Value {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names.tell(c.principalKey(k, []byte(alias)), c.principalKey(k, []byte(a.Value)))
}

// place finds a principal by a name of it. The caller holds mu.
func (c *Counts) place(k kind, name string) (at int, known bool) {
	key := c.principalKey(k, []byte(name))
	if at := c.principals.find(key); at >= 0 {
		return at, true
	}
	key, known = c.names.keys[key]
	if !known {
		return -1, false
	}
	return c.principals.find(key), true
}
