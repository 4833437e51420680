package block

import (
	"cmp"
	"slices"
)

// bucket is some entries of a table, in the order of their tags. The tags lie
// side by side, apart from the entries: where one would stand follows from the
// tag itself, give or take a few, so a key that is not there, as most are not,
// is known by a line or two of tags. A loose bucket has no tags and no order:
// entries are appended until it is settled.
type bucket[K key, V any] struct {
	tags  []uint32
	slots []slot[K, V]
}

// slot is an entry. Key and value are side by side so that one brings the
// other.
type slot[K key, V any] struct {
	key   K
	value V
}

// tagOf is the part of a hash by which a bucket is ordered.
func tagOf(hash uint64) uint32 { return uint32(hash >> 32) }

func (b *bucket[K, V]) loose() bool { return len(b.tags) < len(b.slots) }

// near gives the slots that have the hash's tag, or all when it is loose.
func (b *bucket[K, V]) near(hash uint64) []slot[K, V] {
	if b.loose() {
		return b.slots
	}
	tag := tagOf(hash)
	from := b.first(tag)
	end := from
	for end < len(b.tags) && b.tags[end] == tag {
		end++
	}
	return b.slots[from:end]
}

// first is the first place with no lesser tag. Tags are spread evenly, so the
// search begins where the tag would be if they were perfectly so.
func (b *bucket[K, V]) first(tag uint32) int {
	i := int(uint64(tag) * uint64(len(b.tags)) >> 32)
	for i > 0 && b.tags[i-1] >= tag {
		i--
	}
	for i < len(b.tags) && b.tags[i] < tag {
		i++
	}
	return i
}

// index is the slot of the entry of a key that is the one.
func (b *bucket[K, V]) index(k K, one func(*V) bool) int {
	return slices.IndexFunc(b.slots, func(s slot[K, V]) bool { return s.key == k && one(&s.value) })
}

func (b *bucket[K, V]) all(yield func(K, *V) bool) bool {
	for i := range b.slots {
		if s := &b.slots[i]; !yield(s.key, &s.value) {
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
	b.tags, b.slots = nil, append(b.slots, s)
}

// with is a copy of a settled bucket with one more entry.
func (b *bucket[K, V]) with(s slot[K, V]) bucket[K, V] {
	tag := tagOf(s.key.hash())
	at := b.first(tag)
	return bucket[K, V]{inserted(b.tags, at, tag), inserted(b.slots, at, s)}
}

// without is a copy of a settled bucket less the entry of a slot.
func (b *bucket[K, V]) without(gone int) bucket[K, V] {
	return bucket[K, V]{without(b.tags, gone), without(b.slots, gone)}
}

// settle brings what was appended into order, in no more room than it takes.
func (b *bucket[K, V]) settle() {
	if !b.loose() {
		return
	}
	slots := append(make([]slot[K, V], 0, len(b.slots)), b.slots...)
	slices.SortStableFunc(slots, func(a, b slot[K, V]) int {
		return cmp.Compare(tagOf(a.key.hash()), tagOf(b.key.hash()))
	})
	tags := make([]uint32, len(slots))
	for i := range slots {
		tags[i] = tagOf(slots[i].key.hash())
	}
	b.tags, b.slots = tags, slots
}

// inserted is a copy of s with one more at a place.
func inserted[T any](s []T, at int, v T) []T {
	more := append(make([]T, 0, len(s)+1), s[:at]...)
	return append(append(more, v), s[at:]...)
}

// without is a copy of s less one.
func without[T any](s []T, i int) []T {
	return append(append(make([]T, 0, len(s)-1), s[:i]...), s[i+1:]...)
}
