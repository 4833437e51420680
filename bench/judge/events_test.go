package main

import (
	"math"
	"testing"
)

// marked reads flags and labels: E is labelled, X labelled and flagged, x
// flagged, . neither.
func marked(text string) (*file, verdicts) {
	f := &file{name: "g/f.csv", times: make([]int64, len(text)), values: make([]float64, len(text))}
	said := newVerdicts(len(text))
	labels := make([]bool, len(text))
	for i, c := range text {
		f.times[i] = int64(i)
		labels[i] = c == 'E' || c == 'X'
		said.flags[i] = c == 'x' || c == 'X'
	}
	f.events = runs(labels)
	return f, said
}

func TestTally(t *testing.T) {
	f := func(text string, found, missed, alarms int) {
		t.Helper()
		series, said := marked(text)
		got := series.tallyAt(said, math.NaN())
		if got.found != found || got.events-got.found != missed || got.alarms != alarms {
			t.Errorf("%s: %d found, %d missed, %d false alarms; want %d, %d, %d", text, got.found, got.events-got.found, got.alarms, found, missed, alarms)
		}
	}
	f("......", 0, 0, 0)
	f("..EE..", 0, 1, 0)
	f("..EX..", 1, 0, 0)
	f("..EX.x", 1, 0, 1)
	f("x.xx.xEEE", 0, 1, 3) // it ends before the event and finds nothing
	f("xXEE..", 1, 0, 0)    // it goes on into the event
	f("..EXx.", 1, 0, 0)    // it goes on after the event
	f("..EEx.", 0, 1, 1)    // it begins after the event
	f("..EXxx.", 1, 0, 0)
	f("..EXxxx.", 1, 0, 1) // it is longer than the event
	f("xxxxxxxxXXxxxxxxxx", 1, 0, 2)
	f("XX.XX", 2, 0, 0)
	f("XXxXX", 2, 0, 0)
	f("xxxx", 0, 0, 1)
}

func TestTallyFigures(t *testing.T) {
	f := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	series, said := marked("..EEXE....EE...xx.xX")
	one := series.tallyAt(said, math.NaN())
	f("precision", one.precision(), 2./3)
	f("recall", one.recall(), 2./3)
	f("F1", one.f1(), 2./3)
	f("adjusted F1", one.adjusted(), 2*5./(2*5+3+2))
	f("false alarms per 1,000", one.perThousand(), 50)
	f("delay", one.delay, 2)
	f("share", one.share, 0.5)
	var none tally
	f("F1 of nothing", none.f1(), 1)
	series.probation = 4
	series.events[0].from = 0
	if got := series.tallyAt(said, math.NaN()); got.points != 16 || got.events != 3 || got.found != 2 || got.delay != 0 {
		t.Errorf("after probation %+v", got)
	}
	series.probation = 7
	if got := series.tallyAt(said, math.NaN()); got.events != 2 || got.found != 1 {
		t.Errorf("after a longer probation %+v", got)
	}
}

func TestBestF1AndCurve(t *testing.T) {
	series, said := marked("..........EE........................")
	copy(said.scores, []float64{0.1, 0.2, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.95, 0.3})
	s := set{files: []*file{series}}
	if got := bestF1(s, []verdicts{said}); got != 1 {
		t.Errorf("best F1 %v", got)
	}
	// By falling score: hit, miss, hit.
	if got, want := areaPR(s, []verdicts{said}), 0.5*1+0.5*2/3; math.Abs(got-want) > 1e-9 {
		t.Errorf("area %v, want %v", got, want)
	}
	all := newVerdicts(len(series.times))
	if got, want := areaPR(s, []verdicts{all}), 2./36; math.Abs(got-want) > 1e-9 {
		t.Errorf("area of one score %v, want %v", got, want)
	}
	if got := bestF1(s, []verdicts{all}); got != 0 {
		t.Errorf("best F1 of one score %v", got)
	}
}
