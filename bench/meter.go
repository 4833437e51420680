package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// use is what a process took of the machine.
type use struct {
	CPUSeconds float64 `json:"cpu_seconds"` // user and system, while it was measured
	PeakBytes  int64   `json:"peak_bytes"`  // most memory resident since its start
}

// work is one stretch of measured work.
type work struct {
	Lines   int     `json:"lines"`
	Seconds float64 `json:"seconds"`
	Own     use     `json:"own"`
	Engine  *use    `json:"engine,omitempty"` // the store's engine, where there is one
}

// meter measures a stretch of work of one process and its children.
type meter struct {
	pid     int
	began   time.Time
	own     stage.Usage
	engine  stage.Usage
	profile *os.File
}

// startMeter begins to measure this process, with a CPU profile if wanted.
func startMeter(profileDir, name string) (*meter, error) {
	m, err := meterOf(os.Getpid())
	if err != nil || profileDir == "" {
		return m, err
	}
	if m.profile, err = startProfile(filepath.Join(profileDir, name+".pprof")); err != nil {
		return nil, err
	}
	return m, nil
}

// meterOf begins to measure a process.
func meterOf(pid int) (*meter, error) {
	own, engine, err := stage.UsageOf(pid)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	return &meter{pid: pid, began: time.Now(), own: own, engine: engine}, nil
}

// stop gives what was done since.
func (m *meter) stop(lines int) (work, error) {
	w := work{Lines: lines, Seconds: time.Since(m.began).Seconds()}
	own, engine, err := stage.UsageOf(m.pid)
	if err != nil {
		return w, fmt.Errorf("measure: %w", err)
	}
	if m.profile != nil {
		stopProfile(m.profile)
	}
	w.Own = use{(own.CPU - m.own.CPU).Seconds(), own.PeakBytes}
	if engine.PeakBytes > 0 {
		w.Engine = &use{(engine.CPU - m.engine.CPU).Seconds(), engine.PeakBytes}
	}
	return w, nil
}

func startProfile(path string) (*os.File, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return f, nil
}

// stopProfile ends the profile; a file that cannot be closed is told, and is
// no reason to throw away what was measured.
func stopProfile(f *os.File) {
	pprof.StopCPUProfile()
	if err := f.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "bench: write profile:", err)
	}
}
