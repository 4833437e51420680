package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// series makes a file with a burst at two places, and what a detector would
// say that flags just these.
func series(column string, label bool) (data, results string) {
	random := rand.New(rand.NewPCG(3, 3))
	var d, r strings.Builder
	d.WriteString("timestamp,value" + column + "\n")
	r.WriteString("timestamp,value,anomaly_score,label\n")
	for i := range 1000 {
		at := time.Date(2026, 8, 1, 0, 5*i, 0, 0, time.UTC).Format(time.DateTime)
		x, odd := random.NormFloat64(), i == 400 || i == 800
		score := 0.1
		if odd {
			x, score = x+30, 0.9
		}
		fmt.Fprintf(&d, "%s,%.3f", at, x)
		if label {
			fmt.Fprintf(&d, ",%d", map[bool]int{true: 1}[odd])
		}
		d.WriteString("\n")
		fmt.Fprintf(&r, "%s,%.3f,%v,0\n", at, x, score)
	}
	return d.String(), r.String()
}

// benchmark makes a small copy of NAB, with one detector.
func benchmark(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	data, results := series("", false)
	windows := `[["2026-08-02 09:20:00.000000", "2026-08-02 10:20:00.000000"], ["2026-08-03 18:40:00.000000", "2026-08-03 19:40:00.000000"]]`
	write(t, filepath.Join(dir, "labels/combined_windows.json"), `{"a/one.csv": `+windows+`, "a/two.csv": `+windows+`}`)
	for _, name := range []string{"one", "two"} {
		write(t, filepath.Join(dir, "data/a", name+".csv"), data)
		write(t, filepath.Join(dir, "results/oracle/a/oracle_"+name+".csv"), results)
	}
	write(t, filepath.Join(dir, "results/final_results.json"), `{"oracle": {"standard": 100.0}}`)
	return dir
}

func TestJudgesNAB(t *testing.T) {
	var out bytes.Buffer
	if err := judge(t.Context(), options{nab: benchmark(t), split: "all", worst: -1, published: true}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 files, 2000 points, 4 events", "honeymoat, flags alone", "a/one.csv", "a/two.csv"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); len(fields) > 8 && fields[0] == "oracle" &&
			strings.Join(fields[:8], " ") != "oracle 100.0 100.0 100.0 100.0 1.000 1.000 1.000" {
			t.Errorf("%s", line)
		}
	}
}

func TestJudgesLabelledFiles(t *testing.T) {
	dir := t.TempDir()
	data, _ := series(",Is_Anomaly", true)
	for _, name := range []string{"a/1.csv", "a/2.csv", "b/3.csv"} {
		write(t, filepath.Join(dir, name), data)
	}
	write(t, filepath.Join(dir, "README.md"), "no data")
	f := func(split string, files int) {
		t.Helper()
		var out, again bytes.Buffer
		o := options{labelled: []string{dir}, split: split, worst: 2}
		if err := judge(t.Context(), o, &out); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%s: %d files, %d points, %d events", split, files, files*1000, files*2); !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
		if err := judge(t.Context(), o, &again); err != nil || again.String() != out.String() {
			t.Errorf("another run says\n%s\nand said\n%s%v", &again, &out, err)
		}
	}
	f("all", 3)
	f("odd", 2)
	f("even", 1)
}

func TestSaysWhatAFolderShouldHold(t *testing.T) {
	empty, full := t.TempDir(), benchmark(t)
	write(t, filepath.Join(empty, "none.csv"), "timestamp,value\n1,2\n")
	f := func(o options, want ...string) {
		t.Helper()
		o.split = "all"
		err := judge(t.Context(), o, io.Discard)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%+v: %v, want %q", o, err, w)
			}
		}
	}
	f(options{nab: empty}, "data/ and labels/combined_windows.json")
	f(options{labelled: []string{t.TempDir()}}, "want labelled CSV files", "no CSV file")
	f(options{labelled: []string{filepath.Join(empty, "nowhere")}}, "nowhere")
	f(options{labelled: []string{empty}}, "none.csv", "label, is_anomaly or anomaly", "columns: timestamp, value")
	write(t, filepath.Join(full, "results/oracle/a/oracle_two.csv"), "timestamp,anomaly_score\n2026-08-01,0\n")
	f(options{nab: full, published: true}, "a/two.csv", "have 1 rows, the data 1000")
	write(t, filepath.Join(full, "data/a/two.csv"), "timestamp,value\n2026-08-01,0\n")
	f(options{nab: full}, "begins or ends at no point")
	if err := os.RemoveAll(filepath.Join(full, "results")); err != nil {
		t.Fatal(err)
	}
	full = benchmark(t)
	if err := os.RemoveAll(filepath.Join(full, "results")); err != nil {
		t.Fatal(err)
	}
	f(options{nab: full, published: true}, "want results/")
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-nab", "a", "-cloud", "b", "-cloud", "c", "-split", "odd"}, io.Discard)
	if err != nil || o.nab != "a" || strings.Join(o.labelled, " ") != "b c" || o.split != "odd" || !o.published {
		t.Errorf("%+v, %v", o, err)
	}
	for line, want := range map[string]string{"": "nothing to judge", "-nab a -split third": "-split third", "-nab a b": `"b" is not a flag`} {
		if _, err := parseOptions(strings.Fields(line), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestWindowedGaussian(t *testing.T) {
	f := &file{}
	random := rand.New(rand.NewPCG(5, 5))
	for i := range 7000 {
		f.times, f.values = append(f.times, int64(i)), append(f.values, random.NormFloat64())
	}
	f.values[10], f.values[6900] = math.NaN(), 9
	said := windowedGaussian(f)
	if said.scores[10] != 0 || said.flags[10] || said.scores[6900] < 1-1e-9 || !said.flags[6900] {
		t.Errorf("missing %v, far out %v", said.scores[10], said.scores[6900])
	}
	flagged := runs(said.flags)
	if len(flagged) > 20 {
		t.Errorf("%d of 7,000 ordinary points are flagged", len(flagged))
	}
}
