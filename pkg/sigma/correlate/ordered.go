package correlate

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// ordered is temporal_ordered. Its cells are events, by time, member, file and
// offset; the window's total is the set of its members.
type ordered struct {
	span, need int64
	members    int
	slice      int64 // of this much time no more than keepOfMember events of a member are kept
	scratch    chains
}

// Of the events of a member in a slice the first and the last half of
// keepOfMember are kept.
const (
	slices16     = 16
	keepOfMember = 8
	memberBits   = 8
)

// maxMembers is how many members a temporal_ordered correlation may have; what
// comes after them is not looked at.
const maxMembers = 1 << memberBits

func newOrdered(span, need int64, members int) *ordered {
	members = min(members, maxMembers)
	need = min(max(1, need), int64(members)+1)
	return &ordered{span: span, need: need, members: members, slice: max(1, span/slices16),
		scratch: chains{members: members, need: int(need)}}
}

func (m *ordered) add(w *window, o *occurrence) bool {
	if o.member >= m.members {
		return false
	}
	c := cell{at: o.time, key: o.place&^(maxMembers-1) | uint64(o.member), to: o.offset}
	i, known := slices.BinarySearchFunc(w.cells, c, inOrder)
	if known {
		return false
	}
	w.insert(i, c)
	w.total |= 1 << (o.member % 64)
	m.thin(w, i)
	return false
}

func inOrder(a, b cell) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.member(), b.member()), cmp.Compare(a.key, b.key), cmp.Compare(a.to, b.to))
}

func (c cell) member() int { return int(c.key % maxMembers) }

// thin drops the middle event of the member at i in its slice of time, when
// there are too many.
func (m *ordered) thin(w *window, i int) {
	start := w.index * m.span
	member, slice := w.cells[i].member(), (w.cells[i].at-start)/m.slice
	from := w.place(start + slice*m.slice)
	kept, middle := 0, 0
	for j := from; j < len(w.cells) && (w.cells[j].at-start)/m.slice == slice; j++ {
		if w.cells[j].member() != member {
			continue
		}
		if kept == keepOfMember/2 {
			middle = j
		}
		kept++
	}
	if kept > keepOfMember {
		w.remove(middle)
	}
}

func (m *ordered) next(prev, cur *window, from int64) (completion, bool) {
	set := uint64(cur.total)
	if prev != nil {
		set |= uint64(prev.total)
	}
	if m.members <= 64 && int64(bits.OnesCount64(set)) < m.need || m.need > int64(m.members) {
		return completion{}, false
	}
	s := &m.scratch
	s.reset()
	for tie := range ties(prev.all()) {
		s.extend(tie)
	}
	for tie := range ties(cur.cells) {
		s.extend(tie)
		if at := tie[0].at; at >= from && s.start(s.need) > at-m.span {
			return completion{time: at, first: s.start(s.need), count: m.need, next: at + 1}, true
		}
	}
	return completion{}, false
}

func (m *ordered) count(c int64) float64 { return float64(c) }

// judge counts the longest chain of the window.
func (m *ordered) judge(w *window, bounds []sigma.Bound) (float64, bool) {
	s := chains{members: m.members, need: m.members}
	s.reset()
	for tie := range ties(w.cells) {
		s.extend(tie)
	}
	longest := m.members
	for longest > 0 && s.start(longest) == never {
		longest--
	}
	return float64(longest), hold(bounds, float64(longest))
}

func (m *ordered) valid(w *window) bool {
	set := int64(0)
	for i, c := range w.cells {
		if c.member() >= m.members || i > 0 && inOrder(w.cells[i-1], c) >= 0 {
			return false
		}
		set |= 1 << (c.member() % 64)
	}
	return set == w.total
}

// ties are the runs of cells of one time.
func ties(cells []cell) func(yield func([]cell) bool) {
	return func(yield func([]cell) bool) {
		for len(cells) > 0 {
			n := 1
			for n < len(cells) && cells[n].at == cells[0].at {
				n++
			}
			if !yield(cells[:n]) {
				return
			}
			cells = cells[n:]
		}
	}
}

// never is the start of a chain that there is not.
const never = math.MinInt64

// chains knows, for each length and last member, when the chain began that
// began last.
type chains struct {
	members, need int
	done          []int64 // (length-1)·members + last member
	tie           []int64 // (event of the tie)·need + length-1
}

func (s *chains) reset() {
	s.done = slices.Grow(s.done[:0], s.need*s.members)[:s.need*s.members]
	for i := range s.done {
		s.done[i] = never
	}
}

// start is when the last chain of a length began.
func (s *chains) start(length int) int64 {
	return slices.Max(s.done[(length-1)*s.members : length*s.members])
}

// extend adds the events of one time, which are in the order of their members.
func (s *chains) extend(tie []cell) {
	s.tie = slices.Grow(s.tie[:0], len(tie)*s.need)[:len(tie)*s.need]
	for x, c := range tie {
		s.tie[x*s.need] = c.at
		for l := 1; l < s.need; l++ {
			s.tie[x*s.need+l] = s.before(tie[:x], c, l)
		}
	}
	for x, c := range tie {
		for l := range s.need {
			done := &s.done[l*s.members+c.member()]
			*done = max(*done, s.tie[x*s.need+l])
		}
	}
}

// before is the last start of a chain of so many that c can follow.
func (s *chains) before(tie []cell, c cell, length int) int64 {
	start := int64(never)
	for _, at := range s.done[(length-1)*s.members:][:c.member()] {
		start = max(start, at)
	}
	for y, p := range tie {
		if p.member() < c.member() && follows(p, c) {
			start = max(start, s.tie[y*s.need+length-1])
		}
	}
	return start
}

// follows tells whether c can have come after p, at the same time.
func follows(p, c cell) bool {
	file := p.key &^ (maxMembers - 1)
	return file == 0 || file != c.key&^(maxMembers-1) || p.to < c.to
}

func (*ordered) times() (at, to bool) { return true, false }
