package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// A change is what sort of thing happens, coarsely: what is of one sort, at the
// same time and in places that contain each other, is one incident.
type change struct {
	Sort sort
	High bool
}

type sort uint8

const (
	volume sort = iota
	errs
	slow
	broken
	sized
)

func sortOf(m series.Measure) sort {
	switch m.Family() {
	case finding.Errors:
		return errs
	case finding.Latency:
		return slow
	case finding.Format:
		return broken
	}
	if m == series.RequestBytes || m == series.ResponseBytes {
		return sized
	}
	return volume
}

func changeOf(m series.Measure, high bool) change { return change{sortOf(m), high} }

// follows tells whether a change is what comes of another one in the same
// place, or around it: what fails or is silent is asked for less, and where a
// part has more or fewer requests, means over the whole are others.
func (c change) follows(cause change) bool {
	switch cause.Sort {
	case errs, slow:
		return c.Sort == slow || c.Sort == errs || c.Sort == sized || c.Sort == volume && !c.High
	case volume:
		return c.Sort == slow || c.Sort == errs || c.Sort == sized
	}
	return false
}

// told tells whether anybody wants to know of a measure that goes this way.
// Fewer errors, less latency and fewer oddities are good news.
func told(m series.Measure, high bool) bool {
	switch sortOf(m) {
	case errs, slow, broken:
		return high
	}
	return true
}

// The least changes that are worth being told, however rare they are.
const (
	leastRatio     = 1.3   // of counts
	leastCount     = 10.0  // of counts
	leastShare     = 0.01  // of shares
	leastMany      = 5.0   // requests that make a share's difference
	leastLength    = 1.25  // of latency and bytes
	leastLatency   = 0.005 // seconds
	leastBytes     = 64.0
	leastWithin    = 10.0 // requests that a mean or quantile is made of
	driftLoosening = 0.5  // of leastShare, for what lasts for days
)

// matters tells whether a difference is worth being told.
func matters(m series.Measure, seen, expected, weight float64, c cadence) bool {
	off := math.Abs(seen - expected)
	high, low := math.Max(seen, expected), math.Min(seen, expected)
	switch m.Kind() {
	case baseline.Share:
		least := leastShare
		if c == daily {
			least *= driftLoosening
		}
		return off >= least && off*weight >= leastMany
	case baseline.Positive:
		least := leastBytes
		if sortOf(m) == slow {
			least = leastLatency
		}
		return weight >= leastWithin && off >= least && high >= leastLength*low
	}
	return off >= leastCount && high >= leastRatio*low
}
