package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

const (
	// liveRate is how many lines a second are written.
	liveRate = 1_000
	// liveTime is for how long they are.
	liveTime = 20 * time.Second
	// writerStage is the process that writes them, so that its work is not
	// taken for that of the tailer.
	writerStage = "live-writer"
)

// liveFile is the log that is followed in a stage's directory.
func liveFile(dir string) string { return filepath.Join(dir, "live.log") }

// measureLive follows a log that is written slowly: tailer → parser → encoder
// → embedded bus. What it costs is time that the gateway on that host lacks.
func measureLive(ctx context.Context, o options) (w work, err error) {
	dir, err := os.MkdirTemp(o.dir, "live-")
	if err != nil {
		return w, err
	}
	b, stop, err := startBus(ctx, filepath.Join(dir, "bus"))
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	pipeline, err := newPipeline(liveFile(dir), dir, b)
	if err != nil {
		return w, err
	}
	end := background(ctx, pipeline.Run)
	defer func() { err = errors.Join(err, end()) }()
	stopWriting, err := startWriter(ctx, dir)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stopWriting()) }()
	lines := func() int { return int(pipeline.Stats().Sources[header.Source].Lines) }
	err = stage.Until(ctx, "the log is followed", func(context.Context) error {
		if lines() < liveRate {
			return fmt.Errorf("%d lines", lines())
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	before := lines()
	m, err := startMeter(o.profile, "live")
	if err != nil {
		return w, err
	}
	if err := pause(ctx, liveTime); err != nil {
		return w, err
	}
	return m.stop(lines() - before)
}

// startWriter has another process write lines until stop is called.
func startWriter(ctx context.Context, dir string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage", writerStage, "-dir", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		return cmd.Wait()
	}, nil
}
