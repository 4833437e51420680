package series

// index finds places by 64-bit keys, which are hashes: open addressing, and
// keys are taken out by building it anew or by moving up what follows.
type index struct {
	slots []indexed
	used  int
}

type indexed struct {
	key uint64
	at  uint32 // plus one; 0 = free
}

const (
	smallestIndex = 64
	indexedBytes  = 16
)

func (x *index) reset() {
	clear(x.slots)
	x.used = 0
}

// home is where a key should be.
func (x *index) home(key uint64) int { return int(key) & (len(x.slots) - 1) }

// find gives a key's place, or -1.
func (x *index) find(key uint64) int {
	if len(x.slots) == 0 {
		return -1
	}
	for i := x.home(key); ; i = (i + 1) & (len(x.slots) - 1) {
		if s := &x.slots[i]; s.at == 0 || s.key == key {
			return int(s.at) - 1
		}
	}
}

// put notes a key that is not there.
func (x *index) put(key uint64, at int) {
	if 2*(x.used+1) > len(x.slots) {
		x.grow()
	}
	x.used++
	i := x.home(key)
	for x.slots[i].at != 0 {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = indexed{key, uint32(at + 1)}
}

func (x *index) grow() {
	old := x.slots
	x.slots, x.used = make([]indexed, max(smallestIndex, 2*len(old))), 0
	for _, s := range old {
		if s.at != 0 {
			x.put(s.key, int(s.at)-1)
		}
	}
}

// remove takes a key out that is there.
func (x *index) remove(key uint64) {
	mask := len(x.slots) - 1
	hole := x.home(key)
	for x.slots[hole].key != key || x.slots[hole].at == 0 {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; x.slots[i].at != 0; i = (i + 1) & mask {
		if (i-x.home(x.slots[i].key))&mask >= (i-hole)&mask {
			x.slots[hole], hole = x.slots[i], i
		}
	}
	x.slots[hole] = indexed{}
	x.used--
}
