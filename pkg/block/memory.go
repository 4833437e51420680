package block

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
)

// memory remembers under which keys the values that come again and again are
// filed, so that their hashes, which are slow, are not made anew. All segments
// of a replica and all their match keys share one, so that it takes 2 MB however
// many there are. It is safe for concurrent use; nobody waits. A nil one
// remembers nothing.
//
// It holds no value, but two hashes of it under seeds that are drawn anew with
// each memory, of which memoryCheck and more bits tell one from another. Should
// two be taken for one, nobody is refused for another: where something is
// filed, the value itself is hashed before it counts.
//
// A line has room for memoryWays values. Where it is full, few newcomers get
// in, in the place of one that never came again: who makes up values pushes out
// others that were made up. Where all came again, those few make them a little
// older.
type memory struct {
	seeds [2]maphash.Seed
	lines atomic.Pointer[[memoryLines]memoryLine] // nil until the first is learnt: 2 MB
}

const (
	memoryLines = 1 << 15
	memoryWays  = 4
	newcomers   = 8 // one of so many gets in where a line is full

	usesMask    = 15 // of a name: how often the value came again, at most
	memoryCheck = ^uint64(usesMask)
	taken       = 1 << 63 // of a check: no value has that of an empty place
)

// memoryLine is one line of the processor's cache.
type memoryLine [memoryWays]remembered

// remembered is a value that came. Both words are written without a lock: the
// name is mixed with the key, so that halves of two are neither of them.
type remembered struct {
	name atomic.Uint64 // check ^ key, and in the bits of usesMask the uses
	key  atomic.Uint64
}

// spot is where a value is remembered if it is.
type spot struct {
	line  uint64
	check uint64 // 0 = of no value
}

// under is the spot of the value under the key with a salt.
func (s spot) under(salt uint64) spot {
	return spot{line: s.line + salt, check: (s.check + salt) | taken}
}

func newMemory() *memory {
	return &memory{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// salt tells a match key from others.
func (m *memory) salt(k MatchKey) uint64 { return maphash.Bytes(m.seeds[0], k.Secret[:]) }

func (m *memory) spot(code byte, value string) spot {
	const odd = 0x9e37_79b9_7f4a_7c15 // sets the same value in two scopes apart
	return spot{
		line:  maphash.String(m.seeds[0], value),
		check: (maphash.String(m.seeds[1], value) + uint64(code)*odd) | taken,
	}
}

// recall gives what was learnt of a value, if it is remembered.
func (m *memory) recall(s spot) (listKey, bool) {
	lines := m.lines.Load()
	if lines == nil {
		return 0, false
	}
	line := &lines[s.line%memoryLines]
	for i := range line {
		name, key := line[i].name.Load(), line[i].key.Load()
		if (name^key^s.check)&memoryCheck != 0 {
			continue
		}
		if name&usesMask < usesMask {
			line[i].name.CompareAndSwap(name, name+1)
		}
		return listKey(key), true
	}
	return 0, false
}

// learn remembers the key of a value, if there is a place for it.
func (m *memory) learn(s spot, key listKey) {
	lines := m.lines.Load()
	if lines == nil {
		m.lines.CompareAndSwap(nil, new([memoryLines]memoryLine))
		lines = m.lines.Load()
	}
	line := &lines[s.line%memoryLines]
	if r := line.room(); r != nil {
		r.key.Store(uint64(key))
		r.name.Store((s.check ^ uint64(key)) & memoryCheck)
	}
}

// room gives the place for a newcomer, nil when it gets none.
func (l *memoryLine) room() *remembered {
	for i := range l {
		if l[i].name.Load() == 0 {
			return &l[i]
		}
	}
	chance := rand.Uint32()
	if chance%newcomers != 0 {
		return nil
	}
	for i := range uint32(memoryWays) {
		r := &l[(chance/newcomers+i)%memoryWays]
		if r.name.Load()&usesMask == 0 {
			return r
		}
	}
	l.age()
	return nil
}

// age takes a use from each value.
func (l *memoryLine) age() {
	for i := range l {
		if name := l[i].name.Load(); name&usesMask > 0 {
			l[i].name.CompareAndSwap(name, name-1)
		}
	}
}
