package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/honeymoat/honeymoat/pkg/baseline/metric"
)

// published is a detector whose results come with the benchmark.
type published struct {
	name string
	// told is what its authors tell as its score in each profile, over all
	// files; nil if the benchmark has no such figures.
	told map[string]float64
}

// listPublished names the detectors below results/ by their score.
func listPublished(dir string) ([]published, error) {
	results := filepath.Join(dir, "results")
	entries, err := os.ReadDir(results)
	if err != nil {
		return nil, fmt.Errorf("%s: want results/ with a folder for each published detector, or -published=false: %w", dir, err)
	}
	told, err := readTold(filepath.Join(results, "final_results.json"))
	if err != nil {
		return nil, err
	}
	var all []published
	for _, e := range entries {
		if e.IsDir() && e.Name() != "null" {
			all = append(all, published{e.Name(), told[e.Name()]})
		}
	}
	return all, nil
}

func readTold(path string) (map[string]map[string]float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("want the published scores: %w", err)
	}
	var told map[string]map[string]float64
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return told, nil
}

// readResults reads what a published detector said of each file, row by row:
// some have the times in another way.
func readResults(ctx context.Context, dir, detector string, s set) ([]verdicts, error) {
	said := make([]verdicts, len(s.files))
	err := each(ctx, s.files, func(i int, f *file) error {
		group, name := filepath.Split(f.name)
		in, err := os.Open(filepath.Join(dir, "results", detector, group, detector+"_"+name))
		if err != nil {
			return err
		}
		defer in.Close()
		said[i], err = readScores(in, f)
		return err
	})
	return said, err
}

func readScores(in io.Reader, f *file) (verdicts, error) {
	r, err := metric.NewReader(in, metric.Options{File: f.name, Time: "timestamp", Value: "anomaly_score"})
	if err != nil {
		return verdicts{}, err
	}
	scored, err := readPoints(r, f.name, -1)
	if err != nil {
		return verdicts{}, err
	}
	if len(scored.times) != len(f.times) {
		return verdicts{}, fmt.Errorf("%s: the results have %d rows, the data %d", f.name, len(scored.times), len(f.times))
	}
	for i, x := range scored.values {
		if math.IsNaN(x) {
			scored.values[i] = 0
		}
	}
	return verdicts{scores: scored.values, flags: make([]bool, len(f.times))}, nil
}
