package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
)

// stageOf is a part of the way of a line that is measured by itself.
type stageOf struct {
	name string
	run  func(ctx context.Context, o options) (work, error)
}

// stages are in the order of a line's way.
var stages = []stageOf{
	{"parse", measureParse},
	{"parse-json", measureParseJSON},
	{"publish", measurePublish},
	{"detect", measureDetect},
	{"match", measureMatch},
	{"sigma-go", measureSigmaGo},
	{"live", measureLive},
	{"store", measureStore},
	{"goaccess", measureGoAccess},
	{"regexp", measureRegexp},
}

// runStage is the whole life of a stage's own process: it prints its work.
func runStage(ctx context.Context, o options) error {
	switch o.stage {
	case writerStage:
		return (&sharedLog{path: liveFile(o.dir)}).fill(ctx, liveRate)
	case crowdStage:
		return runCrowd(ctx)
	case loadStage:
		return runLoad(ctx)
	}
	i := slices.IndexFunc(stages, func(s stageOf) bool { return s.name == o.stage })
	if i < 0 {
		return fmt.Errorf("there is no stage %q", o.stage)
	}
	w, err := stages[i].run(ctx, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(w)
}

// inOwnProcess runs a stage in a process of its own, so that its memory and
// CPU time are its own.
func inOwnProcess(ctx context.Context, o options, name string) (work, error) {
	var w work
	self, err := os.Executable()
	if err != nil {
		return w, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage", name, "-dir", o.dir, "-bin", o.bin, "-cpuprofile", o.profile,
		"-lines", strconv.Itoa(o.lines), "-rules", o.rules, "-access-log", o.accessLog)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(out, &w); err != nil {
		return w, fmt.Errorf("read what it found: %w", err)
	}
	return w, nil
}
