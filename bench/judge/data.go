package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/honeymoat/honeymoat/pkg/baseline/metric"
)

// span is a run of points: from the first to the last, both included.
type span struct{ from, to int }

func (s span) points() int { return s.to - s.from + 1 }

// file is one labelled series.
type file struct {
	name      string // inside its set
	times     []int64
	values    []float64 // NaN is missing
	events    []span    // what is labelled, in order, apart from each other
	probation int       // points at the start that are not judged
}

// verdicts are what a detector said of a file, a point each.
type verdicts struct {
	scores []float64
	flags  []bool
}

// set is files that are judged together.
type set struct {
	name  string
	files []*file
}

// group is the folder of a file.
func (f *file) group() string { return filepath.Dir(f.name) }

// split keeps every other file.
func split(files []string, which string) []string {
	slices.Sort(files)
	if which == "all" {
		return files
	}
	var kept []string
	for i, name := range files {
		if (i%2 == 0) == (which == "odd") {
			kept = append(kept, name)
		}
	}
	return kept
}

// listCSV names the CSV files below a folder, relative to it.
func listCSV(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".csv" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, name)
		return err
	})
	return names, err
}

// each calls f for every file, as many at once as there are cores.
func each[T any](ctx context.Context, items []T, f func(i int, item T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, item := range items {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return f(i, item)
		})
	}
	return group.Wait()
}

// readLabelled reads every CSV file below a folder.
func readLabelled(ctx context.Context, dir, which string) (set, error) {
	s := set{name: filepath.Base(dir)}
	names, err := listCSV(dir)
	if err == nil && len(names) == 0 {
		err = errors.New("no CSV file is below it")
	}
	if err != nil {
		return s, fmt.Errorf("%s: want labelled CSV files: %w", dir, err)
	}
	names = split(names, which)
	s.files = make([]*file, len(names))
	err = each(ctx, names, func(i int, name string) (err error) {
		s.files[i], err = readFile(dir, name, true)
		return err
	})
	return s, err
}

// readNAB reads the benchmark's data and its windows.
func readNAB(ctx context.Context, dir, which string) (set, error) {
	s := set{name: "NAB"}
	text, err := os.ReadFile(filepath.Join(dir, "labels", "combined_windows.json"))
	var windows map[string][][2]string
	if err == nil {
		err = json.Unmarshal(text, &windows)
	}
	if err != nil {
		return s, fmt.Errorf("%s: want a copy of the benchmark, with data/ and labels/combined_windows.json: %w", dir, err)
	}
	names := make([]string, 0, len(windows))
	for name := range windows {
		names = append(names, name)
	}
	names = split(names, which)
	s.files = make([]*file, len(names))
	err = each(ctx, names, func(i int, name string) error {
		f, err := readFile(filepath.Join(dir, "data"), name, false)
		if err == nil {
			f.probation = probation(len(f.times))
			f.events, err = spans(f.times, windows[name])
		}
		s.files[i] = f
		return err
	})
	return s, err
}

// spans finds the windows among the times of a file.
func spans(times []int64, windows [][2]string) ([]span, error) {
	var found []span
	for _, w := range windows {
		var at [2]int
		for i, text := range w {
			t, ok := metric.ParseTime([]byte(text))
			if at[i] = slices.Index(times, t); !ok || at[i] < 0 {
				return nil, fmt.Errorf("the window %v begins or ends at no point of its file", w)
			}
		}
		found = append(found, span{at[0], at[1]})
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	return found, nil
}

// readFile reads a series, with its labels where they stand beside.
func readFile(dir, name string, labelled bool) (*file, error) {
	in, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, err := metric.NewReader(in, metric.Options{File: in.Name(), Time: "timestamp", Value: "value"})
	if err != nil {
		return nil, err
	}
	label := -1
	if labelled {
		if label, err = labelColumn(r); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name(), err)
		}
	}
	return readPoints(r, name, label)
}

func labelColumn(r *metric.Reader) (int, error) {
	for _, name := range []string{"label", "is_anomaly", "anomaly"} {
		if i, ok := r.Column(name); ok {
			return i, nil
		}
	}
	return 0, errors.New("there is no column label, is_anomaly or anomaly; columns: " + strings.Join(r.Columns(), ", "))
}

func readPoints(r *metric.Reader, name string, label int) (*file, error) {
	f := &file{name: name}
	var labels []bool
	var row metric.Row
	for {
		err := r.Next(&row)
		if err == io.EOF {
			f.events = runs(labels)
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		f.times, f.values = append(f.times, row.Time), append(f.values, row.Value)
		if label < 0 {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(string(r.Field(label))), 64)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: label: %w", name, row.Line, err)
		}
		labels = append(labels, x > 0)
	}
}

// runs are the runs of true.
func runs(marks []bool) []span {
	var found []span
	for i, marked := range marks {
		switch {
		case !marked:
		case i > 0 && marks[i-1]:
			found[len(found)-1].to = i
		default:
			found = append(found, span{i, i})
		}
	}
	return found
}
