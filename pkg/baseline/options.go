package baseline

import (
	"math"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Kind is what the values of a series are.
type Kind uint8

// The kinds of series.
const (
	Gauge    Kind = iota // any number
	Count                // events in an interval: a whole number from zero
	Share                // Value of Weight requests, from 0 to 1
	Positive             // above zero with a heavy tail: latency, bytes
)

// Options say what is known of a series. The zero value says nothing: any
// number, at an interval that is learnt.
type Options struct {
	Kind Kind
	// Interval is the time between points; 0 = learnt from them.
	Interval time.Duration
	// Location is whose days and weeks people keep; nil = UTC.
	Location *time.Location
	// WarmUp is how many points are learnt from before any is judged; 0 = 48.
	WarmUp int
	// Prior is what is thought of the series before its first points, from
	// the group it belongs to; nil = nothing.
	Prior *Prior
}

// Point is a value of a series.
type Point struct {
	Time   int64   // nanoseconds since 1970, of the interval's start
	Value  float64 // NaN and infinities are gaps
	Weight float64 // of a Share: of how many; 0 = 1
}

// Verdict is what a model thinks of a point.
type Verdict struct {
	// Expected is what was expected, Lower and Upper what is ordinary (all but
	// one in a hundred). NaN while learning. While an anomaly lasts, they are
	// what would be normal without it.
	Expected, Lower, Upper float64
	// Tail is the probability of something at least as unusual, 0..1, on
	// either side: on ordinary days it is below 0.001 once in a thousand
	// points. 1 while learning and for gaps.
	Tail float64
	// Score is 1 - the probability that something as unusual begins here, 0..1:
	// about 1 - Tail (nearer to 1 for what is farther out than calibration
	// reaches), and less where as much was seen shortly before. 0 while
	// learning and for gaps.
	Score float64
	// Anomalous tells that an anomaly begins here that is worth telling. It is
	// false again while that lasts, unless it gets graver.
	Anomalous bool
	High      bool          // above rather than below what was expected
	Shape     finding.Shape // of the anomaly that lasts; "" = none does
	Since     int64         // when that began, nanoseconds since 1970; 0 = none
	Learning  bool          // too little was seen for a verdict
}

func learning() Verdict {
	nan := math.NaN()
	return Verdict{Expected: nan, Lower: nan, Upper: nan, Tail: 1, Learning: true}
}
