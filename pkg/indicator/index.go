package indicator

import "hash/maphash"

// index is a hash table from keys to references that holds no keys: whoever
// looks compares. It has no pointers, so the garbage collector passes it by.
// A byte of each hash lies in an array of its own, so small that it stays in
// the processor's cache: most of what nobody knows is settled there.
type index struct {
	tags  []uint8 // a power of two of them; 0 = free
	slots []slot
}

type slot struct{ hash, ref uint32 }

// leastSlots is the size of the smallest table.
const leastSlots = 8

// reserve makes room for n keys. Slots that find gave before are void.
func (x *index) reserve(n int) {
	size := max(len(x.slots), leastSlots)
	for n > size/4*3 {
		size *= 2
	}
	if size == len(x.slots) {
		return
	}
	old := x.slots
	x.slots, x.tags = make([]slot, size), make([]uint8, size)
	for _, s := range old {
		if s.ref != 0 {
			x.put(x.find(s.hash, func(uint32) bool { return false }), s.hash, s.ref)
		}
	}
}

// find gives the place of the reference that same knows as the one looked
// for, or the free one where it would stand. The table must not be empty.
func (x *index) find(hash uint32, same func(ref uint32) bool) uint32 {
	mask, tag := uint32(len(x.tags)-1), tagOf(hash)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch x.tags[i] {
		case 0:
			return i
		case tag:
			if s := &x.slots[i]; s.hash == hash && same(s.ref) {
				return i
			}
		}
	}
}

// put sets the reference at a place that find gave.
func (x *index) put(place, hash, ref uint32) {
	x.tags[place] = tagOf(hash)
	x.slots[place] = slot{hash: hash, ref: ref}
}

// tagOf is taken from the bits that say least about the place.
func tagOf(hash uint32) uint8 { return uint8(hash>>24) | 1 }

func hashOf(seed maphash.Seed, key []byte) uint32 { return uint32(maphash.Bytes(seed, key)) }
