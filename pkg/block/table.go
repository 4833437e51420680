package block

import (
	"iter"
	"math/bits"
	"slices"
)

// key is what a table is looked up by.
type key interface {
	comparable
	// hash spreads keys evenly over all its bits.
	hash() uint64
}

// table is a hash table with versions: a copy of the struct is a version of
// its own, and a change copies the bucket that it is in and the 3 KB or so that
// lead there, whatever the size of the table. It grows and shrinks by one bucket
// at a time (linear hashing), so no change moves everything.
//
// A key that is not there, which is what most look-ups are for, costs one read
// of memory: what leads to its bucket is small enough for the processor's
// caches, and the bucket tells by itself.
//
// The zero table is empty. Changes with mine set are in place, and leave
// buckets with room to spare until settle: only for a table that was never
// copied.
type table[K key, V any] struct {
	spans   []*span[K, V]
	buckets int
	mask    uint64 // the bits of a hash that choose a bucket
	count   int
}

const (
	bucketLoad = 10 // entries of a bucket, on average and at most: half of tagged, as some have twice as many as others
	bucketMin  = 2  // entries of a bucket, on average, under which the table shrinks
	chunkSize  = 32 // buckets
	spanSize   = 64 // chunks
)

type span[K key, V any] [spanSize]*chunk[K, V]

// chunk is some buckets, each in a line of its own: the allocator puts a word
// before what is as large as this, and the rest of that line stays empty.
type chunk[K key, V any] struct {
	_       [cacheLine - 8]byte
	buckets [chunkSize]bucket[K, V]
}

const cacheLine = 64 // bytes

// place is the number of the bucket for a hash, in a table that has one.
func (t *table[K, V]) place(hash uint64) int {
	i := hash & t.mask
	if i >= uint64(t.buckets) {
		i &= t.mask >> 1 // not split yet
	}
	return int(i)
}

func (t *table[K, V]) at(i int) *bucket[K, V] {
	return &t.spans[i/(chunkSize*spanSize)][i/chunkSize%spanSize].buckets[i%chunkSize]
}

// near gives the bucket in which the entry of a hash is if there is one, or
// nil when it is known that there is none.
func (t *table[K, V]) near(hash uint64) *bucket[K, V] {
	if t.count == 0 {
		return nil
	}
	if b := t.at(t.place(hash)); b.may(hash) {
		return b
	}
	return nil
}

// find gives the value of a key, or nil.
func (t *table[K, V]) find(k K) *V {
	h := k.hash()
	if b := t.near(h); b != nil {
		return b.find(h, k)
	}
	return nil
}

// inTurn yields the buckets so that hashes come in the order of their bits
// turned around, whatever the number of buckets; inside a bucket they do not.
func (t *table[K, V]) inTurn() iter.Seq[*bucket[K, V]] {
	return func(yield func(*bucket[K, V]) bool) {
		half := int(t.mask>>1) + 1
		width := bits.Len64(t.mask >> 1)
		for turned := range min(half, t.buckets) {
			i := int(bits.Reverse64(uint64(turned)) >> (64 - width))
			if !yield(t.at(i)) || i+half < t.buckets && !yield(t.at(i+half)) {
				return
			}
		}
	}
}

// all yields the entries in no particular order.
func (t *table[K, V]) all() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for i := range t.buckets {
			if !t.at(i).all(yield) {
				return
			}
		}
	}
}

// put sets the value of a key.
func (t *table[K, V]) put(k K, v V, mine bool) {
	if !t.set(k, v, mine) {
		t.add(k, v, mine)
	}
}

// set changes the value of a key, if it is there.
func (t *table[K, V]) set(k K, v V, mine bool) bool {
	if t.count == 0 {
		return false
	}
	h := k.hash()
	at := t.place(h)
	i := t.at(at).index(h, k)
	if i < 0 {
		return false
	}
	b := t.own(at, mine)
	if !mine {
		b.slots = slices.Clone(b.slots)
	}
	b.slots[i].value = v
	return true
}

// add puts a key that is not there.
func (t *table[K, V]) add(k K, v V, mine bool) {
	if t.count >= t.buckets*bucketLoad {
		t.grow(mine)
	}
	b := t.own(t.place(k.hash()), mine)
	if s := (slot[K, V]{k, v}); mine {
		b.append(s)
	} else {
		*b = b.with(s)
	}
	t.count++
}

// drop takes a key away, if it is there.
func (t *table[K, V]) drop(k K) {
	if t.count == 0 {
		return
	}
	h := k.hash()
	at := t.place(h)
	i := t.at(at).index(h, k)
	switch {
	case i < 0:
		return
	case t.count == 1:
		*t = table[K, V]{}
		return
	}
	b := t.own(at, false)
	*b = b.without(i)
	t.count--
	if t.buckets > 1 && t.count < t.buckets*bucketMin {
		t.shrink()
	}
}

// own gives bucket i so that it may be changed: its slots are still shared,
// unless all is mine.
func (t *table[K, V]) own(i int, mine bool) *bucket[K, V] {
	if !mine {
		s, c := i/(chunkSize*spanSize), i/chunkSize%spanSize
		t.spans = slices.Clone(t.spans)
		sp := *t.spans[s]
		ch := *sp[c]
		sp[c], t.spans[s] = &ch, &sp
	}
	return t.at(i)
}

// grow splits the next bucket in two.
func (t *table[K, V]) grow(mine bool) {
	added := t.buckets
	t.extend(added, mine)
	t.resize(added + 1)
	if added == 0 {
		return
	}
	from := added & int(t.mask>>1)
	var stay, move bucket[K, V]
	for _, s := range t.at(from).slots {
		if t.place(s.key.hash()) == added {
			move.append(s)
		} else {
			stay.append(s)
		}
	}
	if !mine {
		stay.settle()
		move.settle()
	}
	*t.own(from, mine) = stay
	*t.own(added, mine) = move
}

func (t *table[K, V]) resize(buckets int) {
	t.buckets = buckets
	t.mask = 1<<bits.Len(uint(buckets-1)) - 1
}

// extend makes room for bucket i, the first that there is none for.
func (t *table[K, V]) extend(i int, mine bool) {
	if i%chunkSize != 0 {
		return
	}
	if !mine {
		t.spans = slices.Clone(t.spans)
	}
	s, c := i/(chunkSize*spanSize), i/chunkSize%spanSize
	switch {
	case c == 0:
		t.spans = append(t.spans, new(span[K, V]))
	case !mine:
		sp := *t.spans[s]
		t.spans[s] = &sp
	}
	t.spans[s][c] = new(chunk[K, V])
}

// shrink joins the last bucket with the one that it was split from.
func (t *table[K, V]) shrink() {
	last := t.buckets - 1
	gone := t.at(last).slots
	*t.own(last, false) = bucket[K, V]{}
	b := t.own(last&int(t.mask>>1), false)
	joined := *b
	joined.slots = slices.Clip(b.slots)
	for _, s := range gone {
		joined.append(s)
	}
	joined.settle()
	*b = joined
	t.resize(last)
	if last%(chunkSize*spanSize) == 0 {
		t.spans = t.spans[:len(t.spans)-1]
	}
}

// reserve makes an empty table ready for so many entries.
func (t *table[K, V]) reserve(entries int) {
	for t.buckets*bucketLoad < entries {
		t.grow(true)
	}
}

// settle ends changes in place.
func (t *table[K, V]) settle() {
	for i := range t.buckets {
		t.at(i).settle()
	}
}
