package correlate

import (
	"math"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// percentile is value_percentile with a percentile. Its cells are the numbers
// with how often they were there, as long as there are few different ones, and
// then the bins of a DDSketch: bin i holds what lies in (γ^(i-1), γ^i], which is
// within accuracy of 2γ^i/(1+γ). Which of both it is follows from the set of
// the numbers.
type percentile struct{ p float64 }

const (
	exactNumbers = 256
	accuracy     = 0.01
	maxBins      = 2048 // beyond, the bins of the smallest numbers become one
)

func (m percentile) add(w *window, o *occurrence) bool {
	key := sortable(o.number)
	if w.coarse == 1 {
		key = binOf(o.number)
	}
	w.tally(key, 1)
	switch {
	case w.coarse == 0 && len(w.cells) > exactNumbers:
		coarsen(w)
	case len(w.cells) > maxBins:
		w.cells[1].to += w.cells[0].to
		w.remove(0)
	}
	return false
}

// tally counts a key n times more.
func (w *window) tally(key uint64, n int64) {
	i, known := slices.BinarySearchFunc(w.cells, key, byKey)
	if !known {
		w.insert(i, cell{key: key})
	}
	w.cells[i].to += n
}

func coarsen(w *window) {
	exact := slices.Clone(w.cells)
	w.cells, w.coarse = w.cells[:0], 1
	for _, c := range exact {
		w.tally(binOf(number(c.key)), c.to)
	}
}

func (m percentile) judge(w *window, bounds []sigma.Bound) (float64, bool) {
	rank := int64(m.p / 100 * float64(w.events-1))
	for _, c := range w.cells {
		if rank -= c.to; rank >= 0 {
			continue
		}
		count := number(c.key)
		if w.coarse == 1 {
			count = middleOf(c.key)
		}
		return count, hold(bounds, count)
	}
	return 0, false
}

func (m percentile) valid(w *window) bool { return rightTally(w) && w.coarse <= 1 }

// rightTally tells whether the cells count as many events as the window has.
func rightTally(w *window) bool {
	sum := int64(0)
	for _, c := range w.cells {
		if c.to <= 0 || c.to > w.events {
			return false
		}
		sum += c.to
	}
	return rightKeys(w.cells) && sum == w.events
}

// sortable gives the bits of a number in an order that is the numbers'.
func sortable(x float64) uint64 {
	b := math.Float64bits(x + 0) // -0 is 0
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

// number undoes sortable.
func number(key uint64) float64 {
	if key>>63 == 1 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}

// gamma is the ratio of a bin's bounds.
const gamma = (1 + accuracy) / (1 - accuracy)

// zeroBin is the bin of 0; those of positive numbers lie above it, by more
// than the smallest of their logarithms.
const (
	zeroBin = 1 << 32
	binGap  = 1 << 20
)

// binOf gives a number's bin, in an order that is the numbers'.
func binOf(x float64) uint64 {
	switch {
	case x == 0:
		return zeroBin
	case x < 0:
		return 2*zeroBin - binOf(-x)
	}
	return uint64(zeroBin + binGap + int64(math.Ceil(math.Log(x)/math.Log(gamma))))
}

// middleOf is the number that stands for a bin.
func middleOf(bin uint64) float64 {
	switch {
	case bin == zeroBin:
		return 0
	case bin < zeroBin:
		return -middleOf(2*zeroBin - bin)
	}
	return 2 * math.Pow(gamma, float64(int64(bin)-zeroBin-binGap)) / (1 + gamma)
}

// shares is value_percentile without a percentile: which share of the window's
// values a value has. Its cells are the values, by hash, with how often they
// were there; when they become many, only those whose hash ends in the
// window's number of zeros. As that number only grows, those left were counted
// from their first on.
type shares struct{}

func (shares) add(w *window, o *occurrence) bool {
	if !inSample(o.value, w.coarse) {
		return false
	}
	w.tally(o.value, 1)
	for len(w.cells) > exactValues {
		w.coarse++
		w.cells = slices.DeleteFunc(w.cells, func(c cell) bool { return !inSample(c.key, w.coarse) })
	}
	return false
}

func inSample(value uint64, bits uint8) bool { return value&(1<<bits-1) == 0 }

// judge gives the least share that holds.
func (shares) judge(w *window, bounds []sigma.Bound) (least float64, holds bool) {
	for _, c := range w.cells {
		share := 100 * float64(c.to) / float64(w.events)
		if hold(bounds, share) && (!holds || share < least) {
			least, holds = share, true
		}
	}
	return least, holds
}

func (shares) valid(w *window) bool {
	return rightKeys(w.cells) && w.coarse < 64 &&
		!slices.ContainsFunc(w.cells, func(c cell) bool { return c.to <= 0 || c.to > w.events || !inSample(c.key, w.coarse) })
}

func (percentile) times() (at, to bool) { return false, false }

func (shares) times() (at, to bool) { return false, false }
