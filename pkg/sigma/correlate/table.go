package correlate

import "hash/maphash"

// table finds groups by their correlation and key: one table for all, in
// which a look-up waits for memory once, and then for the group itself. Its
// hashes are of this process only, and keyed, because clients choose the keys.
type table struct {
	slots []slot // a power of two, or none
	used  int
}

type slot struct {
	hash  uint64
	group *group // nil: free
}

// place is where the group of an event is, or would be.
type place struct {
	key   []byte
	hash  uint64
	group *group // nil: not found, or not looked for
	ok    bool   // there is a key
}

// placeOf is the place of a correlation's group.
func (e *Engine) placeOf(w *watch, key []byte) place {
	return place{key: key, hash: maphash.Bytes(e.seed, key) ^ w.salt, ok: true}
}

// find gives the group of a place, or nil.
func (t *table) find(w *watch, p *place) *group {
	if len(t.slots) == 0 {
		return nil
	}
	for i := t.home(p.hash); ; i = t.after(i) {
		s := &t.slots[i]
		if s.group == nil {
			return nil
		}
		if s.hash == p.hash && s.group.watch == w && s.group.key == string(p.key) {
			return s.group
		}
	}
}

// guess gives what is most likely the group of a hash. It reads nothing of the
// group itself.
func (t *table) guess(hash uint64) *group {
	if len(t.slots) == 0 {
		return nil
	}
	i := t.home(hash)
	for t.slots[i].group != nil && t.slots[i].hash != hash {
		i = t.after(i)
	}
	return t.slots[i].group
}

func (t *table) home(hash uint64) int { return int(hash & uint64(len(t.slots)-1)) }
func (t *table) after(i int) int      { return (i + 1) & (len(t.slots) - 1) }

// add takes a group that the table does not have. Some three eighths of the
// slots stay free, so that few look-ups see many.
func (t *table) add(g *group) {
	if t.used*8 >= len(t.slots)*5 {
		t.grow()
	}
	t.put(slot{g.hash, g})
	t.used++
}

func (t *table) put(s slot) {
	i := t.home(s.hash)
	for t.slots[i].group != nil {
		i = t.after(i)
	}
	t.slots[i] = s
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, max(64, 2*len(old)))
	for _, s := range old {
		if s.group != nil {
			t.put(s)
		}
	}
}

// remove forgets a group, and moves those behind it to where they are found.
func (t *table) remove(g *group) {
	hole := t.home(g.hash)
	for t.slots[hole].group != g {
		hole = t.after(hole)
	}
	for i := t.after(hole); t.slots[i].group != nil; i = t.after(i) {
		mask := len(t.slots) - 1
		if (i-t.home(t.slots[i].hash))&mask >= (i-hole)&mask {
			t.slots[hole], hole = t.slots[i], i
		}
	}
	t.slots[hole] = slot{}
	t.used--
}
