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
	// one in a thousand). NaN while learning.
	Expected, Lower, Upper float64
	// Tail is the probability of something at least as unusual, 0..1; 1 while
	// learning and for gaps.
	Tail float64
	// Score is 1 - the probability that something as unusual begins here: like
	// 1 - Tail where an anomaly begins, and less while it lasts.
	Score float64
	// Anomalous tells that an anomaly is worth telling here. It is false again
	// while the same one lasts.
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
