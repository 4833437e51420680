package block

import (
	"hash/maphash"
	"math/bits"
	"net/netip"
	"sync/atomic"
)

// clean remembers the clients about which nothing is filed, so that most
// requests, those of clients that come again and that no block is about, are
// not looked up in each set by each scope: what is left for them are routes.
// All segments of a replica share one. It is safe for concurrent use; nobody
// waits.
//
// A client is known by the hash of all that sets may have of it, and of the
// changes to the sets that may be about it, under a seed that is drawn anew
// with each clean: what was learnt before such a change is not found any more.
// A block that is over, or in shadow, is filed too: time makes nobody dirty.
// A newcomer takes the place of whoever has it.
type clean struct {
	seed  maphash.Seed
	names atomic.Pointer[[cleanNames]atomic.Uint64] // nil until the first is learnt: 512 KB
}

const cleanNames = 1 << 16

func newClean() *clean { return &clean{seed: maphash.MakeSeed()} }

// name is the name of who sent a request, for as long as no block comes that
// may be about it. It is not 0.
func (c *clean) name(a *asking, in *inForce) uint64 {
	const odd = 0x9e37_79b9_7f4a_7c15
	k := keyOf6(a.client)
	family := uint64(a.client.BitLen()) // 0 where the client is not known
	h := maphash.Comparable(c.seed, [5]uint64{family, k.high, k.low, in.changes.common, in.changes.of[stripeOf(a.client)]})
	for codes := in.asked; codes != 0; codes &= codes - 1 {
		code := byte(bits.TrailingZeros16(codes))
		if v := a.request.value(code); v != "" {
			h = (bits.RotateLeft64(h, 23)+uint64(code))*odd ^ maphash.String(c.seed, v)
		}
	}
	return h | 1
}

func (c *clean) knows(name uint64) bool {
	names := c.names.Load()
	return names != nil && names[place(name)].Load() == name
}

func (c *clean) learn(name uint64) {
	names := c.names.Load()
	if names == nil {
		c.names.CompareAndSwap(nil, new([cleanNames]atomic.Uint64))
		names = c.names.Load()
	}
	names[place(name)].Store(name)
}

func place(name uint64) uint64 { return (name >> 32) % cleanNames }

// changes counts the blocks that came, by whom they may be about. Those that
// went make nobody dirty.
type changes struct {
	common uint64          // about anybody
	of     [stripes]uint64 // on an address, or the /64 of one
}

const stripes = 64

// note counts a block that comes on a target.
func (c *changes) note(t Target) {
	if t.exactly() {
		c.of[stripeOf(t.prefix.Addr())]++
	} else {
		c.common++
	}
}

// stripeOf is where blocks on an address are counted: those on all addresses
// of a /64 in the same place. An invalid address has one too.
func stripeOf(a netip.Addr) uint64 {
	if a.Is4() {
		return keyOf4(a).hash() % stripes
	}
	return netKey(keyOf6(a).high).hash() % stripes
}

// cleanFrom is from how many look-ups a request on it pays to remember who is
// clean.
const cleanFrom = 4

// lookups is in how many places a client is looked up.
func (s *Set) lookups() (n int) {
	if s == nil {
		return 0
	}
	if s.exact.v4.count > 0 {
		n++
	}
	if s.exact.v6.count+s.exact.net.count > 0 {
		n++
	}
	if s.index.prefixes != nil {
		n++
	}
	return n + bits.OnesCount16(s.index.uses.scopes&^routeScope)
}
