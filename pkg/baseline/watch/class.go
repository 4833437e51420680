package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A class is a part of all looks that has a share of the budget of its own:
// what is a person's anomaly must not eat up what is kept for the service's.
type class uint8

// The classes of series, times how often they are looked at, and those of what
// has no course.
const (
	systemLooks class = iota * class(cadences) // the whole, gateways and sources
	placeLooks                                 // APIs and routes
	crowdLooks                                 // networks and applications
	peopleLooks                                // principals and addresses
	singleLooks class = 4 * class(cadences)    // single actions
	dueLooks    class = singleLooks + 1        // appointments
	classes     class = singleLooks + 2
)

// cadence is how often a series is looked at.
type cadence uint8

const (
	fast   cadence = iota // every minute, or every few
	hourly                // by the hour
	daily                 // by the quarter of a day, over days
	cadences
)

// shares are the parts of the budget.
var shares = [classes]float64{
	systemLooks: 0.07, systemLooks + class(hourly): 0.05, systemLooks + class(daily): 0.03,
	placeLooks: 0.25, placeLooks + class(hourly): 0.15, placeLooks + class(daily): 0.10,
	crowdLooks: 0.05, crowdLooks + class(hourly): 0.04, crowdLooks + class(daily): 0.01,
	peopleLooks: 0.01, peopleLooks + class(hourly): 0.09, peopleLooks + class(daily): 0.01,
	singleLooks: 0.08, dueLooks: 0.06,
}

func classOf(d series.Dimension, c cadence) class {
	switch d {
	case series.Whole, series.Gateway, series.Source:
		return systemLooks + class(c)
	case series.API, series.Route:
		return placeLooks + class(c)
	case series.Network, series.Application:
		return crowdLooks + class(c)
	}
	return peopleLooks + class(c)
}

// A tally counts how often looks of a class claimed which chance, in quiet
// times, and so tells how often that really happens. Models are calibrated one
// by one, as far as a series of a few weeks can tell; one in a million is
// beyond that. Over all series it is not.
type tally struct {
	Counts [tallyLevels]float32 // episodes in which a level was reached
	Looks  float64
	Days   float64 // in which they were made
	today  int     // looks of this minute
}

const (
	tallyLevels = 120
	tallyWidth  = 0.25 // of a level, in powers of ten
	tallyLow    = 1.0  // power of ten of the first
	tallyMemory = 14.0 // days after which half is forgotten
	tallyCredit = 2.0  // days' worth of looks that a new class has without an episode
	minutes     = 24 * 60
)

// level is the highest level that a chance reaches; -1 = none.
func level(chance float64) int {
	x := (-math.Log10(math.Max(chance, 1e-40)) - tallyLow) / tallyWidth
	if x < 0 {
		return -1
	}
	return min(int(x), tallyLevels-1)
}

// pass ends a minute.
func (t *tally) pass() {
	t.Looks += float64(t.today)
	t.today = 0
	if t.Looks == 0 {
		return
	}
	t.Days += 1.0 / minutes
	keep := math.Exp2(-1.0 / (tallyMemory * minutes))
	t.Looks *= keep
	t.Days *= keep
	for i := range t.Counts {
		t.Counts[i] *= float32(keep)
	}
}

// perDay is how many looks there are in a day.
func (t *tally) perDay() float64 { return t.Looks / math.Max(t.Days, 1.0/24) }

// count counts an episode that had reached one level and now reaches another.
func (t *tally) count(from, to int) {
	for i := from + 1; i <= to; i++ {
		t.Counts[i]++
	}
}

// real is how often a claimed chance really happens: as often as claimed, or as
// often as it was seen, but for the first time.
func (t *tally) real(chance float64) float64 {
	l := level(chance)
	if l < 0 {
		return chance
	}
	looks := t.Looks + tallyCredit*t.perDay()
	if looks == 0 {
		return chance
	}
	return math.Max(chance, float64(t.Counts[l]-1)/looks)
}

// threshold is the chance at which as many looks of a class fall below it in a
// day as are borne.
func (t *tally) threshold(perDay float64) float64 {
	if t.Looks == 0 {
		return 0
	}
	return math.Min(0.01, perDay/t.perDay())
}
