package behaviour

import "math/bits"

// table holds what is known by key in bounded memory. Keys are hashes under a
// seed, so they are spread already. When it is full, the least worth keeping of
// a few makes room: a flood of newcomers pushes out newcomers.
type table[T any] struct {
	max     int
	worth   func(*T) float64
	leaving func(*T) // is called with what makes room; may be nil
	index   []uint32 // open addressing: place plus one; 0 is free
	shift   uint     // of a key, to its place in index
	keys    []uint64
	until   []int64 // when to look after it, by the time of records; 0 = never
	chunks  [][]T   // items do not move
	hand    int     // of evictions: a state of chance
	sweeper int     // of looking after
	evicted uint64
}

const (
	smallest  = 64 // places in an index
	chunkBits = 8
	chunkSize = 1 << chunkBits
	contested = 16 // how many are looked at to make room
)

func newTable[T any](max int, worth func(*T) float64) *table[T] {
	t := &table[T]{max: max, worth: worth}
	t.resize(smallest)
	return t
}

// at gives an item by its place. It stays where it is.
func (t *table[T]) at(place int) *T { return &t.chunks[place>>chunkBits][place&(chunkSize-1)] }

// find gives the place of a key, or -1.
func (t *table[T]) find(key uint64) int {
	mask := len(t.index) - 1
	for i := int(key >> t.shift); ; i = (i + 1) & mask {
		place := t.index[i]
		if place == 0 {
			return -1
		}
		if t.keys[place-1] == key {
			return int(place - 1)
		}
	}
}

// take gives the place of a key, which is made if it is not there.
func (t *table[T]) take(key uint64) (place int, fresh bool) {
	if place := t.find(key); place >= 0 {
		return place, false
	}
	return t.make(key), true
}

func (t *table[T]) make(key uint64) int {
	place := len(t.keys)
	if place < t.max {
		if place>>chunkBits == len(t.chunks) {
			t.chunks = append(t.chunks, make([]T, min(chunkSize, t.max-place)))
		}
		t.keys, t.until = append(t.keys, key), append(t.until, 0)
	} else {
		place = t.weakest()
		if t.leaving != nil {
			t.leaving(t.at(place))
		}
		t.unput(t.keys[place])
		t.keys[place], t.until[place] = key, 0
		t.evicted++
	}
	var blank T
	*t.at(place) = blank
	if 4*len(t.keys) > 3*len(t.index) {
		t.resize(2 * len(t.index))
	} else {
		t.put(key, place)
	}
	return place
}

// weakest is the place of the least worth keeping of a few.
func (t *table[T]) weakest() int {
	best, least := -1, 0.0
	for range contested {
		t.hand = int(uint32(t.hand)*1664525 + 1013904223)
		place := int(uint64(t.hand) * uint64(len(t.keys)) >> 32)
		if w := t.worth(t.at(place)); best < 0 || w < least {
			best, least = place, w
		}
	}
	return best
}

func (t *table[T]) put(key uint64, place int) {
	mask := len(t.index) - 1
	i := int(key >> t.shift)
	for t.index[i] != 0 {
		i = (i + 1) & mask
	}
	t.index[i] = uint32(place + 1)
}

func (t *table[T]) resize(size int) {
	t.index, t.shift = make([]uint32, size), uint(64-bits.TrailingZeros(uint(size)))
	for place, key := range t.keys {
		t.put(key, place)
	}
}

// unput takes a key out of the index, and moves those up that it kept from
// their places.
func (t *table[T]) unput(key uint64) {
	mask := len(t.index) - 1
	hole := int(key >> t.shift)
	for t.keys[t.index[hole]-1] != key {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.index[i] != 0; i = (i + 1) & mask {
		home := int(t.keys[t.index[i]-1] >> t.shift)
		if (i-home)&mask >= (i-hole)&mask {
			t.index[hole], hole = t.index[i], i
		}
	}
	t.index[hole] = 0
}

// due gives the next place if it is to be looked after at this time, else -1.
// Each call looks at one place, so that all are looked at in turn.
func (t *table[T]) due(now int64) int {
	if len(t.until) == 0 {
		return -1
	}
	t.sweeper++
	if t.sweeper >= len(t.until) {
		t.sweeper = 0
	}
	if until := t.until[t.sweeper]; until == 0 || until > now {
		return -1
	}
	return t.sweeper
}

// rows is how many there are.
func (t *table[T]) rows() int { return len(t.keys) }
