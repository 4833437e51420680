package watch

import (
	"math"
	"slices"
)

// A drift follows one measure of one place over days. A model gets used to
// what becomes worse a little every day; this one compares each quarter of a
// day with the same quarter of the last three weeks but for the last two days,
// and adds up by how much it is higher or lower (Page's cumulative sum).
type drift struct {
	Quarters [4]quarter
	Up, Down sum
	Total    float64 // of this quarter, by weight
	Weight   float64

	record record
}

// A quarter is what the same six hours of the last days were, on a scale on
// which ordinary days differ by about the same.
type quarter struct {
	Values [driftDays]float32 // a ring
	Next   uint8
	Count  uint8
}

// A sum is how much further than ordinary quarters the last ones were.
type sum struct {
	Sum   float64
	Since int64 // when it left zero
}

const (
	driftDays   = 21
	driftRecent = 2   // of them are not compared with
	driftLeast  = 5   // are needed to compare with
	driftSlack  = 1.0 // scales that a quarter may be off for nothing
	driftStep   = 5.0 // scales that one quarter may add: one is no drift
	driftMost   = 40.0
)

// add closes a quarter: v is what it was, noise the deviation that it had if
// nothing but chance made it. ok is false while too little is known.
func (d *drift) add(q int, start int64, v, noise float64) (expected, scale float64, ok bool) {
	ring := &d.Quarters[q]
	expected, scale, ok = ring.usual(noise)
	if ok {
		z := (v - expected) / scale
		d.Up.add(z, start)
		d.Down.add(-z, start)
	}
	ring.push(float32(v))
	return expected, scale, ok
}

func (s *sum) add(z float64, start int64) {
	if s.Sum <= 0 {
		s.Since = start
	}
	s.Sum = math.Min(driftMost, math.Max(0, s.Sum+math.Min(z, driftStep)-driftSlack))
}

// chance is that of a sum as large as this one on ordinary days. e^(-2·slack·s)
// would be for values that are normal; scales that are estimated from days make
// tails of values heavier, so it is half of that here.
func (s *sum) chance() float64 { return math.Min(1, math.Exp(-driftSlack*s.Sum)) }

func (q *quarter) push(v float32) {
	q.Values[q.Next] = v
	q.Next = (q.Next + 1) % driftDays
	q.Count = min(q.Count+1, driftDays)
}

// usual is the median of the older days, and how far days are from it.
func (q *quarter) usual(noise float64) (median, scale float64, ok bool) {
	n := int(q.Count) - driftRecent
	if n < driftLeast {
		return 0, 0, false
	}
	var room [driftDays]float64
	values := room[:0]
	for i := range n {
		at := (int(q.Next) - driftRecent - 1 - i + 2*driftDays) % driftDays
		values = append(values, float64(q.Values[at]))
	}
	median = middle(values)
	for i := range values {
		values[i] = math.Abs(values[i] - median)
	}
	// The estimate of a scale from few days is itself uncertain: it is widened.
	widen := 1 + 2/float64(n)
	return median, math.Hypot(1.4826*middle(values)*widen, noise), true
}

// middle is the median; it sorts.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func (d *drift) code(c *coder) {
	for i := range d.Quarters {
		c.smalls(d.Quarters[i].Values[:])
		whole(c, &d.Quarters[i].Next)
		whole(c, &d.Quarters[i].Count)
	}
	for _, s := range []*sum{&d.Up, &d.Down} {
		c.float(&s.Sum)
		c.int(&s.Since)
	}
	c.float(&d.Total)
	c.float(&d.Weight)
	d.record.code(c)
}
