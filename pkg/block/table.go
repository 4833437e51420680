package block

import (
	"iter"
	"math/bits"
	"slices"
)

// key is what a table is looked up by.
type key interface {
	comparable
	// hash spreads keys evenly, over the low bits above all.
	hash() uint64
}

// table is a hash table with versions: a copy of the struct is a version of
// its own, and a change copies the few hundred bytes that lead to what it
// changes, whatever the size of the table. It grows and shrinks by one bucket
// at a time (linear hashing), so no change has to move everything.
//
// The keys of a bucket lie side by side, and its values do: a look-up that
// fails, as most do, touches one line of the keys; none touches more than three
// lines that are not in the processor's caches anyway.
//
// Keys may be there several times. The zero table is empty. Changing a version
// with mine set changes in place what it shares with others: only for a table
// that was never copied.
type table[K key, V any] struct {
	spans   []*span[K, V]
	buckets int
	mask    uint64 // the low bits of a hash that choose a bucket
	count   int
}

type bucket[K key, V any] struct {
	keys   []K
	values []V
}

const (
	bucketLoad = 16 // entries of a bucket, on average and at most
	bucketMin  = 4  // entries of a bucket, on average, under which the table shrinks
	chunkSize  = 16 // buckets
	spanSize   = 64 // chunks
)

type (
	chunk[K key, V any] [chunkSize]bucket[K, V]
	span[K key, V any]  [spanSize]*chunk[K, V]
)

// place is the number of the bucket for a hash, in a table that has one.
func (t *table[K, V]) place(hash uint64) int {
	i := hash & t.mask
	if i >= uint64(t.buckets) {
		i &= t.mask >> 1 // not split yet
	}
	return int(i)
}

func (t *table[K, V]) at(i int) *bucket[K, V] {
	return &t.spans[i/(chunkSize*spanSize)][i/chunkSize%spanSize][i%chunkSize]
}

// bucket is where entries with the key are, if there are any.
func (t *table[K, V]) bucket(k K) *bucket[K, V] {
	if t.count == 0 {
		return &bucket[K, V]{}
	}
	return t.at(t.place(k.hash()))
}

// find gives the value of a key that is there at most once, or nil.
func (t *table[K, V]) find(k K) *V {
	if t.count == 0 {
		return nil
	}
	b := t.at(t.place(k.hash()))
	for i := range b.keys {
		if b.keys[i] == k {
			return &b.values[i]
		}
	}
	return nil
}

// all yields the entries in no particular order.
func (t *table[K, V]) all() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for i := range t.buckets {
			b := t.at(i)
			for j, k := range b.keys {
				if !yield(k, &b.values[j]) {
					return
				}
			}
		}
	}
}

// put sets the value of a key that is there at most once.
func (t *table[K, V]) put(k K, v V, mine bool) {
	if i := slices.Index(t.bucket(k).keys, k); i >= 0 {
		t.set(k, i, v, mine)
	} else {
		t.add(k, v, mine)
	}
}

// add puts one more entry.
func (t *table[K, V]) add(k K, v V, mine bool) {
	if t.count >= t.buckets*bucketLoad {
		t.grow(mine)
	}
	b := t.own(t.place(k.hash()), mine)
	b.keys, b.values = appended(b.keys, k, mine), appended(b.values, v, mine)
	t.count++
}

// set changes the value of entry i of the key's bucket.
func (t *table[K, V]) set(k K, i int, v V, mine bool) {
	b := t.own(t.place(k.hash()), mine)
	if !mine {
		b.values = slices.Clone(b.values)
	}
	b.values[i] = v
}

// drop takes away a key that is there at most once.
func (t *table[K, V]) drop(k K) {
	if i := slices.Index(t.bucket(k).keys, k); i >= 0 {
		t.remove(k, i)
	}
}

// remove takes entry i of the key's bucket away.
func (t *table[K, V]) remove(k K, i int) {
	if t.count == 1 {
		*t = table[K, V]{}
		return
	}
	b := t.own(t.place(k.hash()), false)
	b.keys, b.values = without(b.keys, i), without(b.values, i)
	t.count--
	if t.buckets > 1 && t.count < t.buckets*bucketMin {
		t.shrink()
	}
}

// own gives bucket i so that it may be changed: its slices are still shared,
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
	old := *t.at(from)
	var stay, move bucket[K, V]
	for i, k := range old.keys {
		to := &stay
		if t.place(k.hash()) == added {
			to = &move
		}
		to.keys, to.values = append(to.keys, k), append(to.values, old.values[i])
	}
	*t.own(from, mine) = stay.clipped()
	*t.own(added, mine) = move.clipped()
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
	into := last & int(t.mask>>1)
	gone := *t.own(last, false)
	*t.at(last) = bucket[K, V]{}
	b := t.own(into, false)
	b.keys, b.values = slices.Concat(b.keys, gone.keys), slices.Concat(b.values, gone.values)
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

// compact gives back the room that buckets have to grow in place.
func (t *table[K, V]) compact() {
	for i := range t.buckets {
		b := t.at(i)
		*b = b.clipped()
	}
}

func (b *bucket[K, V]) clipped() bucket[K, V] {
	return bucket[K, V]{clipped(b.keys), clipped(b.values)}
}

// clipped is s in no more room than it takes.
func clipped[T any](s []T) []T {
	if len(s) == cap(s) {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}

// appended is s with one more, in place if it is mine.
func appended[T any](s []T, v T, mine bool) []T {
	switch {
	case !mine:
		return append(append(make([]T, 0, len(s)+1), s...), v)
	case s == nil:
		s = make([]T, 0, bucketLoad+bucketLoad/4)
	}
	return append(s, v)
}

// without is a copy of s less one.
func without[T any](s []T, i int) []T {
	return append(append(make([]T, 0, len(s)-1), s[:i]...), s[i+1:]...)
}
