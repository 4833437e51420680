package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"
)

// report is all that was measured.
type report struct {
	Time        time.Time     `json:"time"`
	Cores       int           `json:"cores"`
	Go          string        `json:"go"`
	Log         *logInfo      `json:"log,omitempty"`
	Stages      []measured    `json:"stages"`
	Propagation []propagation `json:"propagation"`
	Decisions   []decisions   `json:"decisions"`
	Gateways    []enforcing   `json:"gateways"`
	Baselines   *baselines    `json:"baselines,omitempty"`
}

// measured is the work of a stage with what follows from it.
type measured struct {
	Name string `json:"name"`
	work
	LinesPerSecond float64 `json:"lines_per_second"`
	ToWC           float64 `json:"to_wc"` // how many times as long as wc -l takes for as many lines
}

func newReport() *report {
	return &report{
		Time: time.Now().UTC().Truncate(time.Second), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Stages: []measured{}, Propagation: []propagation{}, Decisions: []decisions{}, Gateways: []enforcing{},
	}
}

// measure adds one part.
func (r *report) measure(ctx context.Context, o options, part string) (err error) {
	switch part {
	case partPropagation:
		r.Propagation, err = measurePropagation(ctx, o)
		return err
	case partDecisions:
		r.Decisions, err = measureDecisions(ctx)
		return err
	case partGateways:
		r.Gateways, err = measureGateways(ctx, o)
		return err
	case partBaselines:
		r.Baselines, err = measureBaselines(ctx, o)
		return err
	}
	if r.Log == nil {
		info, err := makeLog(ctx, o)
		if err != nil {
			return err
		}
		r.Log = &info
	}
	var w work
	if part == partService {
		w, err = measureService(ctx, o)
	} else {
		w, err = inOwnProcess(ctx, o, part)
	}
	if err != nil {
		return err
	}
	rate := float64(w.Lines) / w.Seconds
	r.Stages = append(r.Stages, measured{part, w, rate, r.Log.LinesPerSecond / rate})
	return nil
}

// publish prints the table, and writes JSON where it is wanted.
func (r *report) publish(file string) error {
	if file == "" {
		return r.table(os.Stdout)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if file == "-" {
		_, err = os.Stdout.Write(text)
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return r.table(os.Stdout)
}

func (r *report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\t\n", args...) } // told by Flush
	if r.Log != nil {
		row("%d lines of %d bytes on average, %d cores", r.Log.Lines, r.Log.Bytes/int64(r.Log.Lines), r.Cores)
		row("\nstage\tlines/s\ttimes wc -l\tCPU s\tpeak\tengine CPU s\tengine peak")
		row("wc -l\t%s\t1.0", thousands(r.Log.LinesPerSecond))
	}
	for _, s := range r.Stages {
		row("%s\t%s\t%.1f\t%.1f\t%s%s", s.Name, thousands(s.LinesPerSecond), s.ToWC, s.Own.CPUSeconds, megabytes(s.Own.PeakBytes), s.engine())
	}
	for _, s := range r.Stages {
		if s.Name == "live" {
			row("\n%s takes %.1f %% of a core at %.0f lines/s", s.Name, 100*s.Own.CPUSeconds/s.Seconds, s.LinesPerSecond)
		}
	}
	if len(r.Propagation) > 0 {
		row("\nagents\tlines/s besides\tsamples\twritten, p50 ms\tp90 ms\tp99 ms\tmax ms\tput, p50 ms\tp90 ms\tp99 ms\tmax ms")
	}
	for _, p := range r.Propagation {
		row("%d\t%d\t%d\t%s\t%s", p.Agents, p.LinesPerSecond, p.Samples, p.Written, p.Put)
	}
	r.legRows(row)
	if len(r.Decisions) > 0 {
		row(decisionColumns)
	}
	for _, d := range r.Decisions {
		row("%s", d.columns())
	}
	if len(r.Gateways) > 0 {
		row(enforcingColumns)
	}
	for _, g := range r.Gateways {
		row("%s", g.columns())
	}
	r.baselineRows(row)
	return w.Flush()
}

func (r *report) legRows(row func(format string, args ...any)) {
	for i := range r.Propagation {
		p := &r.Propagation[i]
		if len(p.Legs) > 0 {
			row(legColumns)
		}
		for n := range p.Legs {
			row("%s", p.Legs[n].columns(p))
		}
	}
}

func (r *report) baselineRows(row func(format string, args ...any)) {
	b := r.Baselines
	if b == nil {
		return
	}
	row(learningColumns)
	for _, l := range b.Detection {
		row("%s", l.columns())
	}
	row(heldColumns)
	for _, h := range b.Held {
		row("%s", h.columns())
	}
	row(modelColumns)
	row("%s", b.Model.columns())
}

// String is the columns of a spread.
func (s spread) String() string {
	return fmt.Sprintf("%.1f\t%.1f\t%.1f\t%.1f", s.P50, s.P90, s.P99, s.Max)
}

func (m *measured) engine() string {
	if m.Engine == nil {
		return ""
	}
	return fmt.Sprintf("\t%.1f\t%s", m.Engine.CPUSeconds, megabytes(m.Engine.PeakBytes))
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }

// thousands writes a rate as people read it.
func thousands(f float64) string {
	n := int64(f)
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(float64(n/1000)), n%1000)
}
