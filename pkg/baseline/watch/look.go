package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// A test is by what a look found something.
type test uint8

const (
	byModel test = iota
	bySilence
	byDiary
	byDrift
	byHabit
	bySize  // one response or request
	byFirst // what works for the first time
	byEarly // before anything was learnt
)

// A look is what one look at one measure of one series gave.
type look struct {
	entry   *entry
	track   *track         // of a model; else nil
	record  *record        // of what this test has raised; nil where each is on its own
	single  *series.Single // the record that it is about; valid in its minute only
	measure series.Measure
	test    test
	pace    cadence
	class   class
	high    bool

	claimed float64 // chance of something as far out, by the model
	chance  float64 // the same, as often as that really happens

	expected, lower, upper, seen float64

	weight float64
	step   int64 // how long it looked, nanoseconds
	since  int64
	shape  finding.Shape // what the model takes it for; "" = nothing
}

func (l *look) change() change { return changeOf(l.measure, l.high) }

// size is by how much there was more or less, in a unit that can be compared
// over the looks of one measure.
func (l *look) size() float64 {
	off := math.Abs(l.seen - l.expected)
	if l.weight > 0 {
		off *= l.weight
	}
	return off
}

// perMinute is the size of a minute.
func (l *look) perMinute() float64 { return l.size() * float64(minute) / float64(max(l.step, minute)) }

// began is when what it looked at did.
func (l *look) began(now int64) int64 { return now + minute - l.step }

// rarity is a look's place among others: powers of ten of its chance, up to
// where one is as impossible as another, and what a person would name first.
func (l *look) rarity() float64 {
	return math.Min(12, -math.Log10(math.Max(l.chance, 1e-40))) + prominence[l.measure]
}

// prominence is which measure names an incident that is seen in several.
var prominence = [series.Measures]float64{
	series.ServerErrors: 6, series.ClientErrors: 4, series.OddFormats: 1, series.OddQueries: 1, series.OddHeaders: 1,
	series.Latency95: 3, series.Latency50: 2.5, series.Requests: 2, series.ResponseBytes: 1.5, series.RequestBytes: 1,
	series.Objects: 0.5, series.Paths: 0.4, series.Principals: 0.3, series.Addresses: 0.2,
}
