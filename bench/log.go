package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// logFile is the log in a stage's directory.
func logFile(dir string) string { return filepath.Join(dir, "access.log") }

// logInfo describes the log and what `wc -l` makes of it.
type logInfo struct {
	Lines          int     `json:"lines"`
	Bytes          int64   `json:"bytes"`
	WCSeconds      float64 `json:"wc_seconds"`
	LinesPerSecond float64 `json:"wc_lines_per_second"`
}

// makeLog writes a log unless it is there, and counts its lines once before
// the measured time, so that it is in memory.
func makeLog(ctx context.Context, o options) (logInfo, error) {
	path := logFile(o.dir)
	if _, err := os.Stat(path); err != nil {
		if err := writeLog(path, o.lines, combined); err != nil {
			return logInfo{}, fmt.Errorf("make the log: %w", err)
		}
	}
	if _, err := wc(ctx, path); err != nil {
		return logInfo{}, err
	}
	took, err := wc(ctx, path)
	if err != nil {
		return logInfo{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return logInfo{}, err
	}
	return logInfo{o.lines, info.Size(), took.Seconds(), float64(o.lines) / took.Seconds()}, nil
}

func wc(ctx context.Context, path string) (time.Duration, error) {
	began := time.Now()
	if err := exec.CommandContext(ctx, "wc", "-l", path).Run(); err != nil {
		return 0, fmt.Errorf("wc -l: %w", err)
	}
	return time.Since(began), nil
}
