package correlate

import (
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// distinct is value_count and temporal: how many different values there are.
// Its cells are the values, by hash, with when they were there first and last
// in the window: of a timespan that ends in the window it holds those that were
// there before its end, of one that began in it those that were there after.
type distinct struct {
	span, need int64
	bits       uint8 // only values whose hash ends in so many zeros are counted
	witnessed  bool  // others refer to it, and want to know of each event at which it holds
	scratch    []cell
}

// newDistinct makes the measure. A rising condition over many values counts a
// sample of them.
func newDistinct(span, count int64) *distinct {
	m := &distinct{span: span, need: max(1, count)}
	for m.need > exactValues {
		m.bits++
		m.need = (count + 1<<m.bits - 1) >> m.bits
	}
	return m
}

func (m *distinct) add(w *window, o *occurrence) bool {
	if m.witnessed {
		w.witness(o.time)
	}
	if !inSample(o.value, m.bits) {
		return false
	}
	i, known := slices.BinarySearchFunc(w.cells, o.value, byKey)
	if known {
		c := &w.cells[i]
		c.at, c.to = min(c.at, o.time), max(c.to, o.time)
		return false
	}
	w.insert(i, cell{key: o.value, at: o.time, to: o.time})
	if int64(len(w.cells)) > 3*m.need+8 {
		m.prune(w)
	}
	return false
}

// maxTimes is how many times of events a window keeps: the first and the last.
const maxTimes = 512

func (w *window) witness(at int64) {
	i, known := placeOf(w.instants(), at)
	if known {
		return
	}
	if w.times == nil {
		w.times = new([]int64)
	}
	*w.times = slices.Insert(*w.times, i, at)
	if len(*w.times) > maxTimes {
		*w.times = slices.Delete(*w.times, maxTimes/2, maxTimes/2+1)
	}
}

// placeOf finds a time among others in order. Most events come in order.
func placeOf(times []int64, at int64) (i int, known bool) {
	if n := len(times); n == 0 || times[n-1] < at {
		return n, false
	}
	return slices.BinarySearch(times, at)
}

func byKey(c cell, key uint64) int { return cmp.Compare(c.key, key) }

// prune keeps the values that decide: the need first ones, which tell when the
// window alone completes, and the need last ones, which is all that a timespan
// of the next window can use.
func (m *distinct) prune(w *window) {
	first := func(a, b cell) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.key, b.key)) }
	last := func(a, b cell) int { return cmp.Or(cmp.Compare(b.to, a.to), cmp.Compare(a.key, b.key)) }
	m.scratch = append(m.scratch[:0], w.cells...)
	slices.SortFunc(m.scratch, first)
	earliest := m.scratch[m.need-1]
	slices.SortFunc(m.scratch, last)
	latest := m.scratch[m.need-1]
	w.cells = slices.DeleteFunc(w.cells, func(c cell) bool { return first(c, earliest) > 0 && last(c, latest) > 0 })
}

// next looks at the times at which values came to cur, because between them the
// count can only fall, and at the other times that it was told to keep.
func (m *distinct) next(prev, cur *window, from int64) (completion, bool) {
	if int64(len(prev.all())+len(cur.cells)) < m.need {
		return completion{}, false
	}
	for {
		at, ok := firstAfter(cur, from)
		if !ok {
			return completion{}, false
		}
		if count, first := m.at(prev.all(), cur.cells, at); count >= m.need {
			return completion{time: at, first: first, count: count << m.bits, next: at + 1}, true
		}
		from = at + 1
	}
}

// firstAfter is the first such time that is not before from.
func firstAfter(w *window, from int64) (at int64, ok bool) {
	if i, _ := slices.BinarySearch(w.instants(), from); i < len(w.instants()) {
		at, ok = w.instants()[i], true
	}
	for i := range w.cells {
		if t := w.cells[i].at; t >= from && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// at counts the values in the timespan that ends at t, and gives the first of
// their times that is known to lie in it.
func (m *distinct) at(before, cells []cell, t int64) (count, first int64) {
	first = t
	for _, c := range cells {
		if c.at <= t {
			count++
			first = min(first, c.at)
		}
	}
	for _, c := range before {
		if c.to <= t-m.span {
			continue
		}
		for len(cells) > 0 && cells[0].key < c.key {
			cells = cells[1:]
		}
		if len(cells) == 0 || cells[0].key != c.key || cells[0].at > t {
			count++
		}
		if c.at <= t-m.span {
			c.at = c.to
		}
		first = min(first, c.at)
	}
	return count, first
}

func (m *distinct) count(c int64) float64 { return float64(c) }

func (m *distinct) valid(w *window) bool {
	return rightKeys(w.cells) && slices.IsSorted(w.instants()) && len(w.instants()) <= maxTimes &&
		!slices.ContainsFunc(w.cells, func(c cell) bool { return c.at > c.to })
}

// rightKeys tells whether cells are in the order of their keys, each once.
func rightKeys(cells []cell) bool {
	for i := 1; i < len(cells); i++ {
		if cells[i-1].key >= cells[i].key {
			return false
		}
	}
	return true
}

// variety is distinct with a condition that is judged. It stops to look when
// the bounds cannot tell more values apart.
type variety struct {
	enough int64 // so many values, or more, are all the same to the bounds
	bits   uint8
}

func newVariety(bounds []sigma.Bound) variety {
	m := variety{enough: enough(bounds)}
	for m.enough>>m.bits > exactValues {
		m.bits++
	}
	return m
}

func (m variety) add(w *window, o *occurrence) bool {
	if !inSample(o.value, m.bits) {
		return false
	}
	i, known := slices.BinarySearchFunc(w.cells, o.value, byKey)
	if !known && int64(len(w.cells)) <= m.enough>>m.bits {
		w.insert(i, cell{key: o.value})
	}
	return false
}

func (m variety) judge(w *window, bounds []sigma.Bound) (float64, bool) {
	count := float64(int64(len(w.cells)) << m.bits)
	return count, hold(bounds, count)
}

func (m variety) valid(w *window) bool { return rightKeys(w.cells) }

func (*distinct) times() (at, to bool) { return true, true }

func (variety) times() (at, to bool) { return false, false }
