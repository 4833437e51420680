// Command bench measures honeymoat on this machine and prints what it found as
// a table and as JSON: lines a second by stage, next to `wc -l` over the same
// file in the same run; milliseconds from a line in one gateway's log to the
// refusal at another; nanoseconds a decision; what a gateway's enforcing costs a
// request.
//
// Each stage runs in a process of its own, so that its CPU time and memory are
// its own. It asserts nothing: README.md says what each figure means.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	if isService(os.Args) {
		return runService()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	if err != nil {
		return 2 // the flag package has said why
	}
	if o.stage != "" {
		err = runStage(ctx, o)
	} else {
		err = bench(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	bin     string
	lines   int
	samples int
	agents  []int
	loads   []int
	apart   bool
	rounds  int
	json    string
	only    string
	profile string

	rules     string // of the stages match and sigma-go
	accessLog string

	// Set when this is a stage's own process.
	stage string
	dir   string
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.bin, "bin", "bin", "Directory with honeymoat and honeymoat-agent.")
	flags.IntVar(&o.lines, "lines", 2_000_000, "Lines of the log; 4,500,000 are about a gigabyte.")
	flags.IntVar(&o.samples, "samples", 200, "Touches whose way to the second gateway is timed, for each load.")
	flags.IntVar(&o.rounds, "rounds", 5, "Rounds in which gateways are asked in turn, in each way.")
	flags.Func("agents", "Comma-separated numbers of agents that a touch has to reach. (default 1,10,50,200)", func(s string) (err error) {
		o.agents, err = numbers(s, 1)
		return err
	})
	flags.Func("loads", "Comma-separated lines a second that are written besides the touches. (default 0,20000)", func(s string) (err error) {
		o.loads, err = numbers(s, 0)
		return err
	})
	flags.BoolVar(&o.apart, "apart", false, "Play the agent that ships too, and tell where on the way the time of touches goes.")
	flags.StringVar(&o.json, "json", "", "File for the figures as JSON; - is standard output, in place of the table.")
	flags.StringVar(&o.only, "only", "", "Comma-separated parts: "+strings.Join(partNames(), ", ")+". Empty: all.")
	flags.StringVar(&o.profile, "cpuprofile", "", "Directory for a CPU profile of each stage.")
	flags.StringVar(&o.rules, "rules", "", "File or folder with the rules of match and sigma-go. Empty: the shipped ones.")
	flags.StringVar(&o.accessLog, "access-log", "", "Combined log that match and sigma-go judge, in place of the one that is made.")
	flags.StringVar(&o.stage, "stage", "", "Run this stage in this process; bench calls itself with it.")
	flags.StringVar(&o.dir, "dir", "", "Directory of the stage, with the log in it; see -stage.")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.agents == nil {
		o.agents = []int{1, 10, 50, 200}
	}
	if o.loads == nil {
		o.loads = []int{0, 20_000}
	}
	for _, name := range o.parts() {
		if !slices.Contains(partNames(), name) {
			err := fmt.Errorf("-only %s: there is no such part", name)
			fmt.Fprintln(os.Stderr, "bench:", err)
			return o, err
		}
	}
	return o, nil
}

func numbers(s string, least int) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < least {
			return nil, fmt.Errorf("%q: want numbers from %d on", part, least)
		}
		list = append(list, n)
	}
	return list, nil
}

func (o *options) parts() []string {
	if o.only == "" {
		return partNames()
	}
	return strings.Split(o.only, ",")
}

func partNames() []string {
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.name
	}
	return append(names, partService, partPropagation, partDecisions, partGateways, partBaselines)
}

// bench measures all that is wanted, in a directory of its own.
func bench(ctx context.Context, o options) (err error) {
	if err := o.makeAbsolute(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "honeymoat-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.dir = dir
	r := newReport()
	for _, part := range o.parts() {
		fmt.Fprintln(os.Stderr, "bench: "+part)
		if err := r.measureWithin(ctx, o, part); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return r.publish(o.json)
}

// limit is how long one part may take before something must be wrong.
const limit = 5 * time.Minute

func (r *report) measureWithin(ctx context.Context, o options, part string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return r.measure(ctx, o, part)
}

// makeAbsolute fixes the places that the processes of stages are told, and
// that of the engine.
func (o *options) makeAbsolute() error {
	var err error
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	if o.profile != "" {
		if o.profile, err = filepath.Abs(o.profile); err != nil {
			return err
		}
		if err := os.MkdirAll(o.profile, 0o755); err != nil {
			return err
		}
	}
	engine := os.Getenv(engineEnv)
	if engine == "" {
		engine = ".cache/engine/libchdb.so"
	}
	if engine, err = filepath.Abs(engine); err != nil {
		return err
	}
	if _, err := os.Stat(engine); err != nil {
		return fmt.Errorf("%w (set it up: make engine)", err)
	}
	return os.Setenv(engineEnv, engine)
}

// engineEnv names the engine's library to all programs.
const engineEnv = "HONEYMOAT_ENGINE"
