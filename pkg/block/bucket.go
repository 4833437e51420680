package block

import "math/bits"

// bucket is some entries of a table, in no order. It takes one line of the
// processor's cache: whether a key may be there, which it mostly is not, is
// told by the tags of the first entries, without a look at an entry. Those
// beyond, which few buckets have, are looked at in any case.
type bucket[K key, V any] struct {
	slots []slot[K, V]
	tags  [tagWords]uint64 // four in each, the first the lowest
}

// slot is an entry. Key and value are side by side so that one brings the
// other.
type slot[K key, V any] struct {
	key   K
	value V
}

const (
	tagBits   = 16
	tagsAWord = 64 / tagBits
	tagWords  = 5
	tagged    = tagWords * tagsAWord // entries of a bucket that have a tag

	lowBits  = 0x0001_0001_0001_0001 // of each tag in a word
	highBits = lowBits << (tagBits - 1)
)

// tagOf is the part of a hash that is a tag. Buckets are chosen by the other
// end of it.
func tagOf(hash uint64) uint64 { return hash >> (64 - tagBits) }

// same marks the tags in a word that are one that fills the other word: with
// the highest bit of each, and at times of one that lies above such a tag.
func same(word, wanted uint64) uint64 {
	d := word ^ wanted
	return (d - lowBits) &^ d & highBits
}

// may tells whether an entry of the hash may be there.
func (b *bucket[K, V]) may(hash uint64) bool {
	t := tagOf(hash) * lowBits
	found := same(b.tags[0], t) | same(b.tags[1], t) | same(b.tags[2], t) | same(b.tags[3], t) | same(b.tags[4], t)
	return found != 0 || len(b.slots) > tagged
}

// index is the slot of a key, or -1.
func (b *bucket[K, V]) index(hash uint64, k K) int {
	t := tagOf(hash) * lowBits
	for w := range b.tags {
		for marks := same(b.tags[w], t); marks != 0; marks &= marks - 1 {
			i := w*tagsAWord + bits.TrailingZeros64(marks)/tagBits
			if i < len(b.slots) && b.slots[i].key == k {
				return i
			}
		}
	}
	for i := tagged; i < len(b.slots); i++ {
		if b.slots[i].key == k {
			return i
		}
	}
	return -1
}

// find gives the value of a key, or nil.
func (b *bucket[K, V]) find(hash uint64, k K) *V {
	if i := b.index(hash, k); i >= 0 {
		return &b.slots[i].value
	}
	return nil
}

func (b *bucket[K, V]) all(yield func(K, *V) bool) bool {
	for i := range b.slots {
		if s := &b.slots[i]; !yield(s.key, &s.value) {
			return false
		}
	}
	return true
}

// tag notes the tag of the entry in a slot.
func (b *bucket[K, V]) tag(i int, hash uint64) {
	if i < tagged {
		w, at := i/tagsAWord, i%tagsAWord*tagBits
		b.tags[w] = b.tags[w]&^((1<<tagBits-1)<<at) | tagOf(hash)<<at
	}
}

// append puts one more entry in place, with room for some more.
func (b *bucket[K, V]) append(s slot[K, V]) {
	if b.slots == nil {
		b.slots = make([]slot[K, V], 0, bucketLoad+bucketLoad/4)
	}
	b.tag(len(b.slots), s.key.hash())
	b.slots = append(b.slots, s)
}

// with is a copy with one more entry.
func (b *bucket[K, V]) with(s slot[K, V]) bucket[K, V] {
	more := bucket[K, V]{append(make([]slot[K, V], 0, len(b.slots)+1), b.slots...), b.tags}
	more.append(s)
	return more
}

// without is a copy less the entry of a slot: the last takes its place.
func (b *bucket[K, V]) without(gone int) bucket[K, V] {
	last := len(b.slots) - 1
	less := bucket[K, V]{append(make([]slot[K, V], 0, last), b.slots[:last]...), b.tags}
	less.tag(last, 0)
	if gone < last {
		less.slots[gone] = b.slots[last]
		less.tag(gone, b.slots[last].key.hash())
	}
	return less
}

// settle takes no more room than the entries need.
func (b *bucket[K, V]) settle() {
	if cap(b.slots) > len(b.slots) {
		b.slots = append(make([]slot[K, V], 0, len(b.slots)), b.slots...)
	}
}
