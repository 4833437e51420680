package block

import (
	"cmp"
	"encoding/binary"
	"iter"
	"net/netip"
)

// exact is the blocks on single addresses and on IPv6's /64, which is what one
// client has there: most of all blocks, so they are kept in the least room and
// found in one look-up. Exemptions and conjunctions are not here.
type exact struct {
	v4  table[v4Key, Entry]
	v6  table[v6Key, Entry]
	net table[netKey, Entry] // the upper half of the address
}

// subnetBits is the length of the prefix that a client has to itself in IPv6.
const subnetBits = 64

type (
	v4Key  uint32
	netKey uint64
	v6Key  struct{ high, low uint64 }
)

func (k v4Key) hash() uint64  { return mix(uint64(k)) }
func (k netKey) hash() uint64 { return mix(uint64(k)) }
func (k v6Key) hash() uint64  { return mix(mix(k.high) + k.low) }

// mix spreads the bits of a number over all bits. Neighbours, which is what
// addresses often are, end up far apart.
func mix(x uint64) uint64 {
	const odd = 0xd6e8feb86659fd93
	x = (x ^ x>>32) * odd
	x = (x ^ x>>32) * odd
	return x ^ x>>32
}

func (k v4Key) compare(o v4Key) int   { return cmp.Compare(k, o) }
func (k netKey) compare(o netKey) int { return cmp.Compare(k, o) }
func (k v6Key) compare(o v6Key) int {
	return cmp.Or(cmp.Compare(k.high, o.high), cmp.Compare(k.low, o.low))
}

func (k v4Key) append(dst []byte) []byte  { return binary.BigEndian.AppendUint32(dst, uint32(k)) }
func (k netKey) append(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, uint64(k)) }
func (k v6Key) append(dst []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, k.high), k.low)
}

func keyOf4(a netip.Addr) v4Key {
	b := a.As4()
	return v4Key(binary.BigEndian.Uint32(b[:]))
}

func keyOf6(a netip.Addr) v6Key {
	b := a.As16()
	return v6Key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (k v4Key) target() Target {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(k))
	return Target{prefix: netip.PrefixFrom(netip.AddrFrom4(b), 32)}
}

func (k v6Key) target() Target { return Target{prefix: netip.PrefixFrom(k.addr(), 128)} }

func (k netKey) target() Target {
	return Target{prefix: netip.PrefixFrom(v6Key{high: uint64(k)}.addr(), subnetBits)}
}

func (k v6Key) addr() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.high)
	binary.BigEndian.PutUint64(b[8:], k.low)
	return netip.AddrFrom16(b)
}

// exactly tells whether a target belongs here.
func (t Target) exactly() bool {
	return t.Plain() && !t.exempt && (t.prefix.IsSingleIP() || t.prefix.Addr().Is6() && t.prefix.Bits() == subnetBits)
}

// get gives the entry of a target that belongs here, or nil.
func (x *exact) get(t Target) *Entry {
	switch a := t.prefix.Addr(); {
	case a.Is4():
		return x.v4.find(keyOf4(a))
	case t.prefix.IsSingleIP():
		return x.v6.find(keyOf6(a))
	default:
		return x.net.find(netKey(keyOf6(a).high))
	}
}

// put sets the entry of a target that belongs here.
func (x *exact) put(t Target, e Entry, mine bool) {
	switch a := t.prefix.Addr(); {
	case a.Is4():
		x.v4.put(keyOf4(a), e, mine)
	case t.prefix.IsSingleIP():
		x.v6.put(keyOf6(a), e, mine)
	default:
		x.net.put(netKey(keyOf6(a).high), e, mine)
	}
}

// remove takes away the entry of a target that belongs here.
func (x *exact) remove(t Target) {
	switch a := t.prefix.Addr(); {
	case a.Is4():
		x.v4.drop(keyOf4(a))
	case t.prefix.IsSingleIP():
		x.v6.drop(keyOf6(a))
	default:
		x.net.drop(netKey(keyOf6(a).high))
	}
}

// ask tells the tally of the entries that a request meets.
func (x *exact) ask(a *asking) {
	if a.client.Is4() {
		a.meetExact(x.v4.find(keyOf4(a.client)), plainRank(32))
		return
	}
	if !a.client.IsValid() || x.v6.count+x.net.count == 0 {
		return
	}
	k := keyOf6(a.client)
	a.meetExact(x.v6.find(k), plainRank(128))
	a.meetExact(x.net.find(netKey(k.high)), plainRank(subnetBits))
}

// all yields the entries in no particular order.
func (x *exact) all() iter.Seq2[Target, *Entry] {
	return func(yield func(Target, *Entry) bool) {
		_ = eachExact(&x.v4, yield) && eachExact(&x.v6, yield) && eachExact(&x.net, yield)
	}
}

// exactKey is a key that stands for a target.
type exactKey[K any] interface {
	key
	target() Target
	compare(K) int
	append(dst []byte) []byte // big-endian
}

func eachExact[K exactKey[K]](t *table[K, Entry], yield func(Target, *Entry) bool) bool {
	for k, e := range t.all() {
		if !yield(k.target(), e) {
			return false
		}
	}
	return true
}

// settle ends changes in place.
func (x *exact) settle() {
	x.v4.settle()
	x.v6.settle()
	x.net.settle()
}
