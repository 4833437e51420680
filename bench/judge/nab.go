package main

import (
	"cmp"
	"math"
	"slices"
)

// The scoring of the Numenta Anomaly Benchmark, as its paper ("Evaluating
// Real-Time Anomaly Detection Algorithms", 2015) and its published results
// have it: a window is worth most when it is found at its left end, a false
// alarm costs less shortly after a window, and one threshold for all files is
// chosen which gives the detector its best score.

// profile weighs what a detector does.
type profile struct {
	name       string
	tp, fp, fn float64
}

func nabProfiles() []profile {
	return []profile{{"standard", 1, 0.11, 1}, {"low FP", 1, 0.22, 1}, {"low FN", 1, 0.11, 2}}
}

// probation is how many points at the start are not judged: 15 %, of 5,000 at
// most.
func probation(points int) int {
	const share, most = 0.15, 5000
	return int(math.Ceil(min(math.Floor(share*float64(points)), share*most)))
}

// sigmoid falls from 0.987 at the left end of a window (-1) over 0 at its right
// end to -1.
func sigmoid(position float64) float64 {
	if position > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*position)) - 1
}

// worth is what a flag on a point changes, unweighted. window is -1 outside.
type worth struct {
	score  float64
	worth  float64
	window int
}

// worths values the points of a file after probation. Windows are numbered
// from first.
func (f *file) worths(scores []float64, first int) []worth {
	points := make([]worth, 0, len(scores))
	last, next := span{-1, -1}, 0
	for i, score := range scores {
		w := worth{score: score, worth: -1, window: -1}
		if next < len(f.events) && i >= f.events[next].from {
			e := f.events[next]
			w.window = first + next
			w.worth = sigmoid(-float64(e.to-i+1)/float64(e.points())) / sigmoid(-1)
			if i == e.to {
				last, next = e, next+1
			}
		} else if last.from >= 0 {
			w.worth = sigmoid(float64(i-last.to) / float64(last.points()-1))
		}
		if i >= f.probation {
			points = append(points, w)
		}
	}
	return points
}

// best is the score that the best threshold for all files gives: 0 is a
// detector that says nothing, 100 one that says it at once and nothing else.
type best struct{ score, threshold float64 }

// nabScores are the best scores in each of nabProfiles; NaN where nothing is
// labelled.
func nabScores(s set, said []verdicts) []best {
	var points []worth
	windows := 0
	for i, f := range s.files {
		points = append(points, f.worths(said[i].scores, windows)...)
		windows += len(f.events)
	}
	slices.SortFunc(points, func(a, b worth) int { return cmp.Compare(b.score, a.score) })
	var all []best
	for _, p := range nabProfiles() {
		sum, threshold := bestThreshold(points, windows, p)
		nothing := -p.fn * float64(windows)
		all = append(all, best{100 * (sum - nothing) / (p.tp*float64(windows) - nothing), threshold})
	}
	return all
}

// bestThreshold lowers the threshold from above all scores and keeps the best
// sum. Points come by falling score; those with the same one are flagged
// together.
func bestThreshold(points []worth, windows int, p profile) (sum, threshold float64) {
	found := make([]float64, windows)
	for i := range found {
		found[i] = -p.fn
	}
	now := -p.fn * float64(windows)
	sum, threshold = now, math.Inf(1)
	for i, w := range points {
		if w.window < 0 {
			now += p.fp * w.worth
		} else if more := p.tp * w.worth; more > found[w.window] {
			now += more - found[w.window]
			found[w.window] = more
		}
		if ends := i+1 == len(points) || points[i+1].score != w.score; ends && now > sum {
			sum, threshold = now, w.score
		}
	}
	return sum, threshold
}
