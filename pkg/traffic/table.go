package traffic

import "math/bits"

// hour counts hours since 1970.
type hour int32

// dayHours is how many hours make the last day: the one that is not over, and
// those before it.
const dayHours = 24

func hourOf(nanoseconds int64) hour { return hour(nanoseconds / nsPerHour) }

// table counts by key. What it takes is bounded: when it is full, the one of
// some that a block would cost least makes room.
type table struct {
	max     int
	seed    uint64
	index   []uint32 // open addressing: place in entries, plus one
	shift   uint     // of a hash, to its place in index
	entries []entry
	cells   pool[cell]
	sets    pool[set]
	hand    int // of evictions
	evicted uint64
	fetched uint32 // a sum of no meaning, for which cells are read ahead
}

// entry is a client or a principal.
type entry struct {
	key   uint64
	cells uint32 // the newest; each refers to the one before it
	sets  uint32 // principals behind it, the same way
}

// cell is an hour of an entry.
type cell struct {
	hour       hour
	requests   uint32
	successful uint32
	next       uint32
}

// cellsEach is how many hours an entry may have been seen in on average.
const cellsEach = 8

const smallest = 64 // places in an index

func newTable(max int, seed uint64) *table {
	t := &table{max: max, seed: seed, cells: newPool[cell](), sets: newPool[set]()}
	t.resize(smallest)
	return t
}

// hash spreads keys, which clients choose, in a way that they do not know.
func (t *table) hash(key uint64) uint64 {
	h := (key ^ t.seed) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32 ^ t.seed>>7) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

func (t *table) slot(key uint64) uint32 { return uint32(t.hash(key) >> t.shift) }

// find gives the place of a key, or -1.
func (t *table) find(key uint64) int {
	mask := uint32(len(t.index) - 1)
	for i := t.slot(key); ; i = (i + 1) & mask {
		at := t.index[i]
		if at == 0 {
			return -1
		}
		if t.entries[at-1].key == key {
			return int(at - 1)
		}
	}
}

// at gives the place of a key, which is made if it is not there.
func (t *table) at(key uint64, now hour) int {
	if at := t.find(key); at >= 0 {
		return at
	}
	var at int
	if len(t.entries) < t.max {
		t.entries = append(t.entries, entry{})
		at = len(t.entries) - 1
	} else {
		at = t.weakest(now, -1, false)
		t.clear(at)
	}
	t.entries[at].key = key
	if 4*len(t.entries) > 3*len(t.index) {
		t.resize(2 * len(t.index))
	} else {
		t.put(key, at)
	}
	return at
}

func (t *table) put(key uint64, at int) {
	mask := uint32(len(t.index) - 1)
	i := t.slot(key)
	for t.index[i] != 0 {
		i = (i + 1) & mask
	}
	t.index[i] = uint32(at + 1)
}

func (t *table) resize(size int) {
	t.index, t.shift = make([]uint32, size), uint(64-bits.TrailingZeros(uint(size)))
	for at := range t.entries {
		t.put(t.entries[at].key, at)
	}
}

// unput takes a key out of the index, and moves those up that it kept from
// their places.
func (t *table) unput(key uint64) {
	mask := uint32(len(t.index) - 1)
	hole := t.slot(key)
	for t.entries[t.index[hole]-1].key != key {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.index[i] != 0; i = (i + 1) & mask {
		home := t.slot(t.entries[t.index[i]-1].key)
		if (i-home)&mask >= (i-hole)&mask {
			t.index[hole], hole = t.index[i], i
		}
	}
	t.index[hole] = 0
}

// clear forgets an entry; its place is free for another.
func (t *table) clear(at int) {
	e := &t.entries[at]
	t.unput(e.key)
	t.empty(e)
	t.evicted++
}

// empty forgets what an entry counted.
func (t *table) empty(e *entry) {
	for e.cells != 0 {
		next := t.cells.items[e.cells].next
		t.cells.give(e.cells)
		e.cells = next
	}
	for e.sets != 0 {
		next := t.sets.items[e.sets].next
		t.sets.give(e.sets)
		e.sets = next
	}
}

// An eviction chooses from some entries, and from more while all of them had
// success.
const (
	sampled     = 8
	sampledMost = 64
)

// weakest gives the one of some entries whose successful requests of the last
// day are fewest, then the one that was seen longest ago: of those that counted
// something, or of all. It spares one, and gives -1 when it finds no other.
func (t *table) weakest(now hour, spared int, counting bool) int {
	best, least, oldest := -1, uint64(0), hour(0)
	for i := range min(len(t.entries), sampledMost) {
		at := t.probe()
		e := &t.entries[at]
		if at == spared || counting && e.cells == 0 {
			continue
		}
		_, successful := t.sum(e, now)
		last := t.cells.items[e.cells].hour
		if best < 0 || successful < least || successful == least && last < oldest {
			best, least, oldest = at, successful, last
		}
		if i >= sampled-1 && least == 0 {
			break
		}
	}
	return best
}

// probe gives another entry with each call: all of few, some of many, in no
// order that a client could choose.
func (t *table) probe() int {
	t.hand++
	if len(t.entries) <= sampledMost {
		return t.hand % len(t.entries)
	}
	return int(t.hash(uint64(t.hand)) % uint64(len(t.entries)))
}

// count counts a request of an entry.
func (t *table) count(at int, h hour, success bool) {
	e := &t.entries[at]
	c := &t.cells.items[e.cells]
	if e.cells == 0 || c.hour != h {
		if c = t.cell(at, h); c == nil {
			return
		}
	}
	c.requests++
	if success {
		c.successful++
	}
}

// cell gives an hour of an entry, and lets those go that are a day older than
// its newest. It gives none for an hour that is as old itself.
func (t *table) cell(at int, h hour) *cell {
	e := &t.entries[at]
	newest := max(h, t.cells.items[e.cells].hour)
	if h <= newest-dayHours {
		return nil
	}
	link := &e.cells
	for *link != 0 && t.cells.items[*link].hour > h {
		link = &t.cells.items[*link].next
	}
	t.trim(link, newest)
	if *link != 0 && t.cells.items[*link].hour == h {
		return &t.cells.items[*link]
	}
	made := t.cells.take() // link may be that of memory of before
	t.cells.items[made] = cell{hour: h}
	t.link(e, made)
	if t.cells.used() > cellsEach*t.max {
		t.drain(at, h)
	}
	return &t.cells.items[made]
}

// link puts a cell into an entry's list, which is ordered by hour.
func (t *table) link(e *entry, made uint32) {
	link := &e.cells
	for *link != 0 && t.cells.items[*link].hour > t.cells.items[made].hour {
		link = &t.cells.items[*link].next
	}
	t.cells.items[made].next, *link = *link, made
}

// trim lets cells go that are a day older than the newest one.
func (t *table) trim(link *uint32, newest hour) {
	for *link != 0 {
		c := t.cells.items[*link]
		if c.hour > newest-dayHours {
			link = &t.cells.items[*link].next
			continue
		}
		t.cells.give(*link)
		*link = c.next
	}
}

// drain takes an entry's hours to make room for those of another.
func (t *table) drain(spared int, now hour) {
	if at := t.weakest(now, spared, true); at >= 0 {
		t.empty(&t.entries[at])
		t.evicted++
	}
}

// sum adds up the last day of an entry.
func (t *table) sum(e *entry, now hour) (requests, successful uint64) {
	for at := e.cells; at != 0; at = t.cells.items[at].next {
		if c := &t.cells.items[at]; c.hour <= now && c.hour > now-dayHours {
			requests += uint64(c.requests)
			successful += uint64(c.successful)
		}
	}
	return requests, successful
}

func (t *table) bytes() int {
	const entryBytes, cellBytes, setBytes = 16, 16, 44
	return 4*cap(t.index) + entryBytes*cap(t.entries) + cellBytes*cap(t.cells.items) + setBytes*cap(t.sets.items)
}

// pool hands out numbered items, from 1 on: 0 is none.
type pool[T any] struct {
	items []T
	free  []uint32
}

func newPool[T any]() pool[T] { return pool[T]{items: make([]T, 1)} }

func (p *pool[T]) take() uint32 {
	if n := len(p.free); n > 0 {
		at := p.free[n-1]
		p.free = p.free[:n-1]
		return at
	}
	var blank T
	p.items = append(p.items, blank)
	return uint32(len(p.items) - 1)
}

func (p *pool[T]) give(at uint32) { p.free = append(p.free, at) }

func (p *pool[T]) used() int { return len(p.items) - 1 - len(p.free) }
