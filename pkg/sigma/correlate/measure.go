package correlate

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// measure is how windows hold events.
type measure interface {
	// add puts an event into its window. It is sure when the condition holds
	// at the event by its window alone and nothing of it had to be kept.
	add(w *window, o *occurrence) (sure bool)
	// valid tells whether a window that was read from outside is one.
	valid(w *window) bool
	// times tells which numbers of its cells are times.
	times() (at, to bool)
}

// rising is a measure of a condition that more events can only make true.
type rising interface {
	measure
	// next gives the first event of cur, at a time not before from, at which
	// the condition holds over the timespan that ends there. The window before
	// cur is prev, or nil when it is empty.
	next(prev, cur *window, from int64) (completion, bool)
	// count translates a completion's count.
	count(c int64) float64
}

// judged is a measure of a condition that is looked at once.
type judged interface {
	measure
	judge(w *window, bounds []sigma.Bound) (count float64, holds bool)
}

// What conditions can ask for exactly, and how times are cut beyond that.
const (
	exactEvents = 512
	exactValues = 1024
	grid        = 512
)

// Sums are in thousandths: integers add up the same in any order. One event
// adds no more than 10^12, and one cell holds no more than that.
const (
	thousandth = 1000
	maxWeight  = 1e15
)

// rises tells whether the bounds together are a rising condition.
func rises(bounds []sigma.Bound) bool {
	for _, b := range bounds {
		if b.Op != sigma.GT && b.Op != sigma.GTE {
			return false
		}
	}
	return true
}

// need is the least count, in units, that fulfils the bounds of a rising condition.
func need(bounds []sigma.Bound, unit float64) int64 {
	least := 0.0
	for _, b := range bounds {
		at := math.Ceil(b.Value * unit)
		if b.Op == sigma.GT {
			at = math.Floor(b.Value*unit) + 1
		}
		least = max(least, at)
	}
	return toInt(least)
}

// enough is a count beyond which the bounds cannot tell counts apart.
func enough(bounds []sigma.Bound) int64 {
	most := 0.0
	for _, b := range bounds {
		most = max(most, math.Floor(b.Value)+1)
	}
	return toInt(most)
}

// toInt converts what is not negative, or is no number; too large is the largest.
func toInt(x float64) int64 {
	if !(x < math.MaxInt64/2) {
		return math.MaxInt64 / 2
	}
	return int64(x)
}

// hold tells whether all bounds hold of a count.
func hold(bounds []sigma.Bound, count float64) bool {
	for _, b := range bounds {
		if !holds(b, count) {
			return false
		}
	}
	return true
}

func holds(b sigma.Bound, count float64) bool {
	switch b.Op {
	case sigma.GT:
		return count > b.Value
	case sigma.GTE:
		return count >= b.Value
	case sigma.LT:
		return count < b.Value
	case sigma.LTE:
		return count <= b.Value
	case sigma.EQ:
		return count == b.Value
	case sigma.NEQ:
		return count != b.Value
	}
	return false
}

// plus adds without overflow.
func plus(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// all gives the cells of a window that may be nil.
func (w *window) all() []cell {
	if w == nil {
		return nil
	}
	return w.cells
}

// insert puts a cell in at i.
func (w *window) insert(i int, c cell) {
	w.cells = append(w.cells, cell{})
	copy(w.cells[i+1:], w.cells[i:])
	w.cells[i] = c
}

func (w *window) remove(i int) {
	w.cells = append(w.cells[:i], w.cells[i+1:]...)
}
