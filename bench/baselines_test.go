package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestDetectorsThatLearnAreCompared(t *testing.T) {
	list, err := measureLearning(context.Background(), options{dir: t.TempDir()}, 30_000)
	if err != nil || len(list) != 4 || list[0].Times != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, l := range list {
		if l.Nanoseconds <= 0 || l.With == "" {
			t.Errorf("%+v", l)
		}
	}
}

// TestAllSeriesAreHeld: a population fills what it is made for, and what was
// written of it is read.
func TestAllSeriesAreHeld(t *testing.T) {
	const series, actors = 1000, 700
	list, err := measureHeldBaselines(context.Background(), series, actors)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if n := list[0].Count; n < series*9/10 || n > series {
		t.Errorf("%d series live, of %d", n, series)
	}
	if n := list[1].Count; n != actors {
		t.Errorf("%d actors are known, of %d", n, actors)
	}
	for _, k := range list {
		if k.Bytes == 0 || k.Snapshot == 0 || k.Packed == 0 || k.Packed > k.Snapshot {
			t.Errorf("%+v", k)
		}
	}
}

func TestModelsAreMeasured(t *testing.T) {
	f, err := measureModel()
	if err != nil || f.Rate <= 0 || f.Bytes == 0 || f.Kept == 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestReportOfBaselines(t *testing.T) {
	r := newReport()
	r.Baselines = &baselines{
		Detection: []learning{{With: "and both", Nanoseconds: 2000, Times: 1.375}},
		Held:      []kept{{What: "actors", Count: 4711, Bytes: 84 << 20, WriteMillis: 161}},
		Model:     modelFigure{Rate: 654_321, Kept: 3374},
	}
	var out bytes.Buffer
	if err := r.table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"and both", "500,000", "1.38", "4711", "84 MB", "161", "654,321", "3374"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}
