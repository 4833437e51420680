package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// goaccessLines is how many lines GoAccess gets, the first of the log: all of
// them would take it most of a minute.
const goaccessLines = 200_000

// measureGoAccess has GoAccess, as Debian packages it, read lines and write its
// report: a yardstick that many have at hand for a log of this format. Unlike
// the other stages it also counts what it reads in a dozen ways.
func measureGoAccess(ctx context.Context, o options) (w work, err error) {
	dir, err := os.MkdirTemp(o.dir, "goaccess-")
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log := filepath.Join(dir, "access.log")
	lines, err := shorten(log, logFile(o.dir), goaccessLines)
	if err != nil {
		return w, err
	}
	cmd := exec.CommandContext(ctx, "goaccess", log, "--log-format=COMBINED", "--no-global-config", "--no-progress",
		"-o", filepath.Join(dir, "report.json"))
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return w, fmt.Errorf("goaccess: %w: %s (set it up: make setup)", err, out)
	}
	w = work{Lines: lines, Seconds: time.Since(began).Seconds()}
	state := cmd.ProcessState
	w.Own.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		w.Own.PeakBytes = usage.Maxrss << 10
	}
	return w, nil
}

// shorten makes a file of the first lines of another one.
func shorten(to, from string, most int) (lines int, err error) {
	f, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	lines, err = head(w, from, most)
	return lines, errors.Join(err, w.Flush(), f.Close())
}
