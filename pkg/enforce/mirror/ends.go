package mirror

import (
	"container/heap"
	"time"
)

// ends is the slots in the order in which what they show ends: a heap.
type ends []*slot

// first is when the next one ends.
func (e ends) first() (at time.Duration, some bool) {
	if len(e) == 0 {
		return 0, false
	}
	return e[0].best.until, true
}

func (e *ends) add(s *slot)    { heap.Push((*byEnd)(e), s) }
func (e *ends) moved(s *slot)  { heap.Fix((*byEnd)(e), s.place) }
func (e *ends) remove(s *slot) { heap.Remove((*byEnd)(e), s.place) }

// byEnd implements heap.Interface.
type byEnd []*slot

func (b byEnd) Len() int           { return len(b) }
func (b byEnd) Less(i, j int) bool { return b[i].best.until < b[j].best.until }

func (b byEnd) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].place, b[j].place = i, j
}

// Push implements heap.Interface.
func (b *byEnd) Push(x any) {
	s, ok := x.(*slot)
	if !ok {
		return
	}
	s.place = len(*b)
	*b = append(*b, s)
}

// Pop implements heap.Interface.
func (b *byEnd) Pop() any {
	last := len(*b) - 1
	s := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return s
}
