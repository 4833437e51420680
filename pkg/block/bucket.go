package block

import (
	"cmp"
	"slices"
)

// bucket is some entries of a table. They stand in the order of their tags,
// each in its home or in the next slot that is free, so it is found, or known
// not to be there, within a slot or two. A loose bucket has no homes, no order
// and no free slots: entries are appended until it is settled.
type bucket[K key, V any] struct {
	slots []slot[K, V]
	homes int // 0 = loose
}

// slot is an entry, or free when its tag is 0. Key and value are side by side
// so that finding one brings the other.
type slot[K key, V any] struct {
	key   K
	tag   uint32
	value V
}

// tagOf is the part of a hash by which a bucket is ordered.
func tagOf(hash uint64) uint32 { return max(uint32(hash>>32), 1) }

// home is the first slot where an entry may be.
func (b *bucket[K, V]) home(tag uint32) int { return int(uint64(tag) * uint64(b.homes) >> 32) }

// near gives the slots that have the hash's tag, or all when it is loose.
func (b *bucket[K, V]) near(hash uint64) []slot[K, V] {
	if b.homes == 0 {
		return b.slots
	}
	tag := tagOf(hash)
	from := min(b.home(tag), len(b.slots)) // free slots at the end are not kept
	for from < len(b.slots) && b.slots[from].tag < tag && b.slots[from].tag != 0 {
		from++
	}
	end := from
	for end < len(b.slots) && b.slots[end].tag == tag {
		end++
	}
	return b.slots[from:end]
}

// index is the slot of the entry of a key that is the one.
func (b *bucket[K, V]) index(k K, one func(*V) bool) int {
	return slices.IndexFunc(b.slots, func(s slot[K, V]) bool { return s.tag != 0 && s.key == k && one(&s.value) })
}

func (b *bucket[K, V]) all(yield func(K, *V) bool) bool {
	for i := range b.slots {
		if s := &b.slots[i]; s.tag != 0 && !yield(s.key, &s.value) {
			return false
		}
	}
	return true
}

// append puts one more entry into a loose bucket.
func (b *bucket[K, V]) append(s slot[K, V]) {
	if b.slots == nil {
		b.slots = make([]slot[K, V], 0, bucketLoad+bucketLoad/4)
	}
	b.slots = append(b.slots, s)
}

// with is a copy of a settled bucket with one more entry.
func (b *bucket[K, V]) with(s slot[K, V]) bucket[K, V] {
	at := 0
	for at < len(b.slots) && b.slots[at].tag <= s.tag {
		at++
	}
	return spread(b.slots[:at], []slot[K, V]{s}, b.slots[at:])
}

// without is a copy of a settled bucket less the entry of a slot.
func (b *bucket[K, V]) without(gone int) bucket[K, V] {
	return spread(b.slots[:gone], b.slots[gone+1:])
}

// settle brings what was appended into order.
func (b *bucket[K, V]) settle() {
	slices.SortStableFunc(b.slots, func(a, b slot[K, V]) int { return cmp.Compare(a.tag, b.tag) })
	*b = spread(b.slots)
}

// spread makes a bucket of entries in the order of their tags, free slots left
// out: each goes to its home, or after the one before it.
func spread[K key, V any](runs ...[]slot[K, V]) bucket[K, V] {
	n := 0
	for _, run := range runs {
		for i := range run {
			if run[i].tag != 0 {
				n++
			}
		}
	}
	if n == 0 {
		return bucket[K, V]{}
	}
	b := bucket[K, V]{homes: n + n/2}
	b.slots = make([]slot[K, V], b.fill(runs))
	b.fill(runs)
	return b
}

// fill puts entries where they belong, as far as there are slots, and tells
// how many it takes.
func (b *bucket[K, V]) fill(runs [][]slot[K, V]) int {
	next := 0
	for _, run := range runs {
		for i := range run {
			if run[i].tag == 0 {
				continue
			}
			next = max(next, b.home(run[i].tag))
			if next < len(b.slots) {
				b.slots[next] = run[i]
			}
			next++
		}
	}
	return next
}
