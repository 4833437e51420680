package main

import (
	"math"
	"slices"
)

// tally is what a detector's flags come to.
//
// An event is found by any flag inside it. A false alarm is a run of flags
// outside all events, however long; a run that goes on from an event or into
// one belongs to it as long as it is no longer than the event, so that neither a
// label that stops early nor a detector that flags everything upsets it.
type tally struct {
	points, events, found int
	alarms                int     // false ones
	delay, share          float64 // sums over found events, in points and in events
	hit, missed, outside  int     // points: inside found events, inside others, flagged outside
}

func (t *tally) add(u tally) {
	t.points += u.points
	t.events += u.events
	t.found += u.found
	t.alarms += u.alarms
	t.delay += u.delay
	t.share += u.share
	t.hit += u.hit
	t.missed += u.missed
	t.outside += u.outside
}

// precision is found events among found events and false alarms; 1 when there
// was neither.
func (t tally) precision() float64 { return ratio(t.found, t.found+t.alarms) }

// recall is the found share of events.
func (t tally) recall() float64 { return ratio(t.found, t.events) }

// f1 is the harmonic mean of both, as one ratio: 1 where nothing was to be
// found and nothing was flagged.
func (t tally) f1() float64 { return ratio(2*t.found, t.found+t.alarms+t.events) }

// adjusted is the point-wise F1 where every point of a found event counts as
// flagged.
func (t tally) adjusted() float64 { return ratio(2*t.hit, 2*t.hit+t.outside+t.missed) }

// perThousand is false alarms per 1,000 points.
func (t tally) perThousand() float64 { return 1000 * float64(t.alarms) / float64(t.points) }

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// tally counts a file's flags after probation.
func (f *file) tally(flagged func(i int) bool) tally {
	t := tally{points: len(f.times) - f.probation}
	at := f.probation
	for i, e := range f.events {
		e.from = max(e.from, f.probation)
		if e.to < e.from {
			continue
		}
		before := 0
		if i > 0 {
			before = f.events[i-1].points()
		}
		f.outside(&t, span{at, e.from - 1}, before, e.points(), flagged)
		t.event(e, flagged)
		at = e.to + 1
	}
	before := 0
	if len(f.events) > 0 {
		before = f.events[len(f.events)-1].points()
	}
	f.outside(&t, span{at, len(f.times) - 1}, before, 0, flagged)
	return t
}

// event counts one event.
func (t *tally) event(e span, flagged func(i int) bool) {
	t.events++
	for i := e.from; i <= e.to; i++ {
		if flagged(i) {
			t.found++
			t.hit += e.points()
			t.delay += float64(i - e.from)
			t.share += float64(i-e.from) / float64(e.points())
			return
		}
	}
	t.missed += e.points()
}

// outside counts the runs of flags in a gap between events; before and after
// are how many points of a run may belong to the events on its sides.
func (f *file) outside(t *tally, gap span, before, after int, flagged func(i int) bool) {
	for i := gap.from; i <= gap.to; i++ {
		if !flagged(i) {
			continue
		}
		run := span{i, i}
		for run.to < gap.to && flagged(run.to+1) {
			run.to++
		}
		i = run.to
		t.outside += run.points()
		ofPrevious := run.from == gap.from && run.points() <= before && flagged(run.from-1)
		ofNext := run.to == gap.to && run.points() <= after && flagged(run.to+1)
		if !ofPrevious && !ofNext {
			t.alarms++
		}
	}
}

// tallyAll counts all files of a set with a threshold, or the detector's own
// flags when it is NaN.
func tallyAll(s set, said []verdicts, threshold float64) tally {
	var all tally
	for i, f := range s.files {
		all.add(f.tallyAt(said[i], threshold))
	}
	return all
}

func (f *file) tallyAt(v verdicts, threshold float64) tally {
	if math.IsNaN(threshold) {
		return f.tally(func(i int) bool { return v.flags[i] })
	}
	return f.tally(func(i int) bool { return v.scores[i] >= threshold })
}

// bestF1 is the best event F1 that one threshold gives over all files.
func bestF1(s set, said []verdicts) float64 {
	best := 0.0
	for _, candidate := range thresholds(s, said) {
		best = max(best, tallyAll(s, said, candidate).f1())
	}
	return best
}

// thresholds picks scores so that each flags about a seventh more points than
// the one before. None flags more than a tenth of all: events would be found
// and alarms run together.
func thresholds(s set, said []verdicts) []float64 {
	const growth, most = 7, 10
	var scores []float64
	for i, f := range s.files {
		scores = append(scores, said[i].scores[f.probation:]...)
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	tooLow := scores[len(scores)/most]
	var picked []float64
	for i := 0; scores[i] > tooLow; i += 1 + i/growth {
		if len(picked) == 0 || scores[i] != picked[len(picked)-1] {
			picked = append(picked, scores[i])
		}
	}
	return picked
}
