package main

import (
	"math"
	"testing"
)

// twoWindows is a file of 1,000 points with windows of 100.
func twoWindows() set {
	f := &file{name: "g/f.csv", times: make([]int64, 1000), values: make([]float64, 1000), events: []span{{300, 399}, {700, 799}}, probation: probation(1000)}
	return set{name: "NAB", files: []*file{f}}
}

// flagging has scores 1 at some points.
func flagging(at ...int) []verdicts {
	v := newVerdicts(1000)
	for _, i := range at {
		v.scores[i], v.flags[i] = 1, true
	}
	return []verdicts{v}
}

func TestNABScores(t *testing.T) {
	f := func(said []verdicts, want ...float64) {
		t.Helper()
		for i, got := range nabScores(twoWindows(), said) {
			if math.Abs(got.score-want[i]) > 0.01 {
				t.Errorf("%s: %.3f, want %.3f", nabProfiles()[i].name, got.score, want[i])
			}
		}
	}
	f(flagging(), 0, 0, 0)
	f(flagging(300, 700), 100, 100, 100)
	f(flagging(300), 50, 50, 50)
	f(flagging(0, 149, 300, 700), 100, 100, 100) // what comes in probation is free
	f(flagging(300, 301, 350, 700), 100, 100, 100)
	f(flagging(200, 300, 700), 100-0.11*100/4, 100-0.22*100/4, 100-0.11*100/6)
	// In the middle of a window a find is worth 0.848 of 0.987.
	f(flagging(350, 750), 100*(1+sigmoid(-0.5)/sigmoid(-1))/2, 100*(1+sigmoid(-0.5)/sigmoid(-1))/2, 100*(2+sigmoid(-0.5)/sigmoid(-1))/3)
	// Just after a window a false alarm costs little.
	near := -0.11 * sigmoid(1./99)
	f(flagging(300, 400, 700), 100-100*near/4, 100-200*near/4, 100-100*near/6)
}

func TestNABChoosesTheBestThreshold(t *testing.T) {
	said := flagging()
	v := said[0]
	v.scores[300], v.scores[700] = 0.9, 0.5
	for _, i := range []int{150, 500, 600, 900} {
		v.scores[i] = 0.4
	}
	got := nabScores(twoWindows(), said)[0]
	if got.score != 100 || got.threshold != 0.5 {
		t.Errorf("%+v", got)
	}
}

func TestSigmoid(t *testing.T) {
	f := func(position, want float64) {
		t.Helper()
		if got := sigmoid(position); math.Abs(got-want) > 1e-5 {
			t.Errorf("%v: %v, want %v", position, got, want)
		}
	}
	f(-1, 0.98661)
	f(-0.5, 0.84828)
	f(0, 0)
	f(1, -0.98661)
	f(3.01, -1)
}

func TestProbation(t *testing.T) {
	f := func(points, want int) {
		t.Helper()
		if got := probation(points); got != want {
			t.Errorf("%d: %d, want %d", points, got, want)
		}
	}
	f(0, 0)
	f(1127, 169)
	f(5000, 750)
	f(22695, 750)
}
