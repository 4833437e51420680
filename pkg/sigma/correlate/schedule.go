package correlate

import "math"

// maxDue is the time of a group that was not scheduled yet.
const maxDue = math.MaxInt64

// schedule is a heap of all groups by when there is something to do for them.
// Of what is due at once, correlations come before those that refer to them.
type schedule []appointment

// appointment has what the order needs beside the group, whose memory it would
// have to wait for.
type appointment struct {
	due   int64
	order int
	group *group
}

// has tells whether something is due.
func (s schedule) has(now int64) bool { return len(s) > 0 && s[0].due <= now }

func (s schedule) less(i, j int) bool {
	if s[i].due != s[j].due {
		return s[i].due < s[j].due
	}
	return s[i].order < s[j].order
}

func (s schedule) swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].group.heap, s[j].group.heap = int32(i), int32(j)
}

func (s *schedule) push(g *group) {
	g.heap = int32(len(*s))
	*s = append(*s, appointment{g.due, g.watch.order, g})
	s.up(len(*s) - 1)
}

func (s *schedule) remove(g *group) {
	i, last := int(g.heap), len(*s)-1
	s.swap(i, last)
	(*s)[last] = appointment{}
	*s = (*s)[:last]
	if i < last {
		s.settle(i)
	}
}

// order makes a heap of groups whose times have changed.
func (s schedule) order() {
	for i := len(s)/2 - 1; i >= 0; i-- {
		s.down(i)
	}
}

// move gives a group another time.
func (s schedule) move(g *group, due int64) {
	g.due, s[g.heap].due = due, due
	s.settle(int(g.heap))
}

func (s schedule) settle(i int) {
	if !s.down(i) {
		s.up(i)
	}
}

func (s schedule) up(i int) {
	for i > 0 && s.less(i, (i-1)/2) {
		s.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (s schedule) down(i int) (moved bool) {
	for {
		child := 2*i + 1
		if child >= len(s) {
			return moved
		}
		if child+1 < len(s) && s.less(child+1, child) {
			child++
		}
		if !s.less(child, i) {
			return moved
		}
		s.swap(i, child)
		i, moved = child, true
	}
}
