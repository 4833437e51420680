package indicator

import "hash/maphash"

// index is a hash table from keys to references that holds no keys: whoever
// looks compares. It has no pointers, so the garbage collector passes it by.
type index struct {
	slots []slot // a power of two of them; nil when empty
	used  int
}

// slot is one place; ref 0 = free.
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
	x.slots = make([]slot, size)
	for _, s := range old {
		if s.ref != 0 {
			*x.find(s.hash, func(uint32) bool { return false }) = s
		}
	}
}

// find gives the slot of the reference that same knows as the one looked for,
// or the free one where it would stand. The table must not be empty.
func (x *index) find(hash uint32, same func(ref uint32) bool) *slot {
	mask := uint32(len(x.slots) - 1)
	for i := hash; ; i++ {
		s := &x.slots[i&mask]
		if s.ref == 0 || s.hash == hash && same(s.ref) {
			return s
		}
	}
}

// put fills a free slot that find gave.
func (x *index) put(s *slot, hash, ref uint32) {
	*s = slot{hash: hash, ref: ref}
	x.used++
}

func hashOf(seed maphash.Seed, key []byte) uint32 { return uint32(maphash.Bytes(seed, key)) }
