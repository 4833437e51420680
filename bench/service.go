package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/cli"
	"github.com/honeymoat/honeymoat/pkg/command"
)

const partService = "service"

// profileEnv tells a service that is this program where its profile goes.
const profileEnv = "HONEYMOAT_BENCH_PROFILE"

// measureService starts the service with everything embedded, puts the log in
// its place once it is ready, and waits until all lines have been looked at
// and all rows are in the store.
func measureService(ctx context.Context, o options) (w work, err error) {
	s, err := newStage(o, "service")
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	place := s.Path("live.log")
	v, err := s.Service(ctx, stage.Settings{
		"sources": []stage.Source{{Name: header.Source, Paths: []string{place}, Format: "combined"}},
	})
	if err != nil {
		return w, err
	}
	m, err := meterOf(v.Pid())
	if err != nil {
		return w, err
	}
	if err := os.Link(logFile(o.dir), place); err != nil {
		return w, err
	}
	if err := allThrough(ctx, v, o.lines); err != nil {
		return w, err
	}
	if w, err = m.stop(o.lines); err != nil {
		return w, err
	}
	if err := allStored(ctx, v, o.lines); err != nil {
		return w, err
	}
	return w, v.Stop() // in order, so that a profile is written
}

// askedEvery is how often the service is asked how far it is: each answer with
// all its metrics costs it milliseconds of processor time.
const askedEvery = 250 * time.Millisecond

// allThrough waits until the store has so many rows and detection has seen
// them. It asks the service: a query each time would take the engine's time.
func allThrough(ctx context.Context, v *stage.Service, lines int) error {
	again := time.NewTicker(askedEvery)
	defer again.Stop()
	for _, name := range []string{`honeymoat_store_rows_total{table="events"}`, "honeymoat_detect_rows_total"} {
		for {
			n, err := v.API.Metric(ctx, name)
			if err == nil && int(n) >= lines {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s is %v of %d: %w", name, n, lines, errors.Join(context.Cause(ctx), err))
			case <-again.C:
			}
		}
	}
	return nil
}

// allStored fails unless the store has so many rows.
func allStored(ctx context.Context, v *stage.Service, lines int) error {
	text, err := v.Query(ctx, "SELECT count() FROM events")
	if err == nil && text != strconv.Itoa(lines) {
		err = fmt.Errorf("the store has %s of %d rows", text, lines)
	}
	return err
}

// newStage is a stage with the real programs. When profiles are wanted, this
// program plays the service itself, see runService.
func newStage(o options, name string) (*stage.Stage, error) {
	dir := filepath.Join(o.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if o.profile == "" {
		return stage.New(dir, o.bin)
	}
	bin := filepath.Join(dir, "bin")
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		os.Mkdir(bin, 0o700),
		os.Symlink(self, filepath.Join(bin, "honeymoat")),
		os.Symlink(filepath.Join(o.bin, "honeymoat-agent"), filepath.Join(bin, "honeymoat-agent")),
		os.Setenv(profileEnv, filepath.Join(o.profile, name+".pprof")),
	)
	if err != nil {
		return nil, err
	}
	return stage.New(dir, bin)
}

// isService tells whether this program was started in place of honeymoat.
func isService(args []string) bool {
	return len(args) > 1 && (args[1] == "serve" || args[1] == "engine")
}

// runService is honeymoat with a CPU profile from start to end.
func runService() int {
	if path := os.Getenv(profileEnv); path != "" && os.Args[1] == "serve" {
		f, err := startProfile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stopProfile(f)
	}
	return command.Main("bench", cli.Run)
}
