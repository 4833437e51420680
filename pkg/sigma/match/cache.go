package match

import (
	"bytes"
	"hash/maphash"
)

// Bounds of a lane's cache: what does not fit is looked at again each time.
const (
	cacheSets   = 1024 // of two entries each
	cacheDoors  = 8192 // texts that are known to have been seen once
	maxCached   = 1024 // bytes of a text that is kept
	maxUnfolded = 4096 // bytes of its forms together
	usualText   = 128  // bytes of a text for which there is room at first
)

// cache keeps what was seen in the distinct texts of a column that repeats.
// It is of bounded size: a text displaces the one of its set that was asked
// for longest ago, when it is seen for the second time: of those that are seen
// once there are many.
type cache struct {
	seed  maphash.Seed
	sets  [cacheSets]cacheSet
	doors [cacheDoors]uint32 // parts of the hashes of texts that were seen
	last  *entry

	asked, missed int // since it was last thought over
	resting       int // rows for which nothing is looked up, as texts do not repeat
}

// cacheSet is two entries and the hashes of their texts, the one that was asked
// for last first.
type cacheSet struct {
	hashes  [2]uint64
	entries [2]*entry
}

func (s *cacheSet) swap() {
	s.hashes[0], s.hashes[1] = s.hashes[1], s.hashes[0]
	s.entries[0], s.entries[1] = s.entries[1], s.entries[0]
}

// find gives the entry of a text, nil when there is none.
func (s *cacheSet) find(hash uint64, text []byte) *entry {
	for i, e := range s.entries {
		if s.hashes[i] == hash && e != nil && bytes.Equal(e.text, text) {
			if i > 0 {
				s.swap()
			}
			return e
		}
	}
	return nil
}

// displace gives the room of the older entry.
func (s *cacheSet) displace(hash uint64) *entry {
	s.swap()
	if s.entries[0] == nil {
		s.entries[0] = &entry{text: make([]byte, 0, usualText), arena: make([]byte, 0, 2*usualText), values: make([]value, 0, 2)}
	}
	s.hashes[0] = hash
	return s.entries[0]
}

// A cache is thought over after so many questions: when nearly all texts were
// new, it rests for a longer while.
const (
	thinkAfter = 4096
	restFor    = 8 * thinkAfter
)

// rests tells whether the cache is not to be asked now.
func (c *cache) rests() bool {
	if c.resting > 0 {
		c.resting--
		return true
	}
	if c.asked++; c.asked == thinkAfter {
		if c.missed > thinkAfter*7/8 {
			c.resting = restFor
		}
		c.asked, c.missed = 0, 0
	}
	return false
}

// entry is what was seen in one text.
type entry struct {
	text   []byte
	values []value
	arena  []byte  // the texts of values
	hits   ruleSet // rules whose literals are in it
	open   ruleSet // all rules but those that it alone is known to exclude
	judged ruleSet // rules whose gates were asked, see learn
	memo   []uint8 // by atom that asks for this column only: see answers
	kinds  kinds
	// What the automaton of the target finds in it, and the state behind it.
	passed  bool
	passing ruleSet
	state   uint32
	dirty   bool // not filled
}

// What the memo of an entry says about an atom.
const (
	unasked uint8 = iota
	saidNo
	saidYes
)

func newCache() *cache { return &cache{seed: maphash.MakeSeed()} }

// find gives the entry of a text, nil when there is none yet. A new one is
// empty and dirty.
func (c *cache) find(text []byte) *entry {
	if c.last != nil && bytes.Equal(c.last.text, text) {
		return c.last
	}
	hash := maphash.Bytes(c.seed, text)
	set := &c.sets[hash%cacheSets]
	if e := set.find(hash, text); e != nil {
		c.last = e
		return e
	}
	c.missed++
	if door := &c.doors[hash%cacheDoors]; set.entries[1] != nil && *door != uint32(hash>>32) {
		*door = uint32(hash >> 32)
		return nil
	}
	c.last = set.displace(hash)
	c.last.dirty, c.last.text = true, append(c.last.text[:0], text...)
	return c.last
}

// keep copies values into the entry, folded already. It fails when they are
// too long.
func (e *entry) keep(values []value) bool {
	size := 0
	for i := range values {
		size += len(values[i].text)
	}
	if size > maxUnfolded {
		return false
	}
	e.values, e.arena = e.values[:0], e.arena[:0]
	for _, v := range values {
		start := len(e.arena)
		e.arena = append(e.arena, v.text...)
		middle := len(e.arena)
		if !isFolded(v.text) {
			e.arena = appendFolded(e.arena, v.text)
		}
		kept := value{text: e.arena[start:middle:middle], folded: e.arena[middle:len(e.arena):len(e.arena)], decoded: v.decoded}
		if len(kept.folded) == 0 {
			kept.folded = kept.text
		}
		e.values = append(e.values, kept)
	}
	return true
}
