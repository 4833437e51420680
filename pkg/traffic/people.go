package traffic

import (
	"math"
	"math/bits"
	"slices"
)

// halfDay is how many hours a set of principals is filled: the one that is
// being filled and the one before it are kept, so that the principals are those
// of the last twelve to twenty-four hours.
const halfDay = 12

// set is a few principals behind a client: exactly as long as they are few,
// else as bits.
type set struct {
	half int32 // of a day
	n    int32 // how many words are principals; asBits
	room people
	next uint32
}

// people are up to eight principals, or 256 bits of which each principal sets one.
type people [8]uint32

const asBits = -1

// behind notes a principal behind a client.
func (t *table) behind(at int, principal uint32, h hour) {
	e, half := &t.entries[at], int32(h/halfDay)
	s := &t.sets.items[e.sets]
	if e.sets == 0 || s.half < half {
		s = t.newSet(e, half)
	}
	s.add(principal) // one that comes late counts with the newer ones
}

// newSet begins another half day of an entry, and lets go of what is older
// than the one before.
func (t *table) newSet(e *entry, half int32) *set {
	if before := e.sets; before != 0 {
		last := t.sets.items[before].next
		if t.sets.items[before].next = 0; last != 0 {
			t.sets.give(last)
		}
	}
	made := t.sets.take()
	t.sets.items[made] = set{half: half, next: e.sets}
	e.sets = made
	return &t.sets.items[made]
}

func (s *set) add(principal uint32) {
	switch {
	case s.n == asBits:
		s.room.mark(principal)
	case slices.Contains(s.room[:s.n], principal):
	case int(s.n) < len(s.room):
		s.room[s.n] = principal
		s.n++
	default:
		few := s.room
		s.room, s.n = people{}, asBits
		for _, p := range few {
			s.room.mark(p)
		}
		s.room.mark(principal)
	}
}

func (p *people) mark(principal uint32) {
	p[principal>>5&7] |= 1 << (principal & 31)
}

// union is who stands behind several clients.
type union struct {
	few  []uint32 // different ones, while all are known
	bits people
	many bool
}

// maxFew is how many are told apart exactly.
const maxFew = 64

func (u *union) add(s *set) {
	if s.n == asBits {
		u.blur()
		for i, w := range s.room {
			u.bits[i] |= w
		}
		return
	}
	for _, p := range s.room[:s.n] {
		switch {
		case u.many:
			u.bits.mark(p)
		case !slices.Contains(u.few, p):
			u.few = append(u.few, p)
		}
	}
	if len(u.few) > maxFew {
		u.blur()
	}
}

func (u *union) blur() {
	for _, p := range u.few {
		u.bits.mark(p)
	}
	u.few, u.many = nil, true
}

// count is exact, or by how many bits are still free: right to about a tenth
// up to some hundred, and at most 1,420.
func (u *union) count() int {
	if !u.many {
		return len(u.few)
	}
	const all = 256
	free := all
	for _, w := range u.bits {
		free -= bits.OnesCount32(w)
	}
	return int(math.Round(all * math.Log(all/math.Max(float64(free), 1))))
}

// unite adds who stands behind an entry of late.
func (t *table) unite(u *union, e *entry, now hour) {
	for at := e.sets; at != 0; at = t.sets.items[at].next {
		if s := &t.sets.items[at]; s.half >= int32(now/halfDay)-1 {
			u.add(s)
		}
	}
}
