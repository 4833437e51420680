package correlate

import (
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// counting is event_count and value_sum with a rising condition. Its cells are
// times with what they add, by time.
type counting struct {
	span, need int64
	step       int64   // times are cut to multiples of it, from the window's start
	keep       int     // how many cells decide, at each end; 0: all are kept
	unit       float64 // what a count of 1 is
}

// newCounting makes the measure. A window of at least need different times
// completes at each from the need'th on, and of an earlier window only the
// last need-1 can matter, so no more are kept.
func newCounting(span, need int64, unit float64) counting {
	c := counting{span: span, need: need, step: max(1, span/grid), unit: unit}
	if unit == 1 && need <= exactEvents {
		c.step, c.keep = 1, int(max(1, need))
	}
	return c
}

func (m counting) add(w *window, o *occurrence) bool {
	w.total = plus(w.total, o.weight)
	start := w.index * m.span
	at := start + (o.time-start)/m.step*m.step
	i := w.place(at)
	if i < len(w.cells) && w.cells[i].at == at {
		w.cells[i].to = min(maxWeight, w.cells[i].to+o.weight)
		return false
	}
	w.insert(i, cell{at: at, to: o.weight})
	if m.keep == 0 || len(w.cells) < 2*m.keep {
		return false
	}
	w.remove(m.keep)
	return i == m.keep
}

// place is the index of the first cell at or after a time. Most events come
// in order.
func (w *window) place(at int64) int {
	n := len(w.cells)
	if n == 0 || w.cells[n-1].at < at {
		return n
	}
	i, _ := slices.BinarySearchFunc(w.cells, at, byTime)
	return i
}

func byTime(c cell, at int64) int { return cmp.Compare(c.at, at) }

func (m counting) next(prev, cur *window, from int64) (completion, bool) {
	most := cur.total
	if prev != nil {
		most = plus(most, prev.total)
	}
	if most < m.need {
		return completion{}, false
	}
	before, sum := prev.all(), int64(0)
	for _, c := range before {
		sum += c.to
	}
	for _, c := range cur.cells {
		for len(before) > 0 && before[0].at <= c.at-m.span {
			sum -= before[0].to
			before = before[1:]
		}
		sum += c.to
		if sum >= m.need && c.at > from-m.step {
			return m.completion(before, cur.cells, c.at, sum), true
		}
	}
	return completion{}, false
}

func (m counting) completion(before, cells []cell, at, sum int64) completion {
	c := completion{time: at, first: cells[0].at, count: sum, next: at + m.step}
	if len(before) > 0 {
		c.first = before[0].at
	}
	return c
}

func (m counting) count(c int64) float64 { return float64(c) / m.unit }

func (m counting) valid(w *window) bool {
	return w.total >= 0 && slices.IsSortedFunc(w.cells, func(a, b cell) int { return byTime(a, b.at) }) &&
		!slices.ContainsFunc(w.cells, func(c cell) bool { return c.to < 0 || c.to > maxWeight })
}

// totals is event_count and value_sum with a condition that is judged, and
// value_avg. It keeps no cells.
type totals struct {
	unit    float64
	average bool
}

func (m totals) add(w *window, o *occurrence) bool {
	w.total = plus(w.total, o.weight)
	return false
}

func (m totals) judge(w *window, bounds []sigma.Bound) (float64, bool) {
	count := float64(w.total) / m.unit
	if m.average {
		count /= float64(w.events)
	}
	return count, hold(bounds, count)
}

func (m totals) valid(w *window) bool { return len(w.cells) == 0 }

func (counting) times() (at, to bool) { return true, false }

func (totals) times() (at, to bool) { return false, false }
