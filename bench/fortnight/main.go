// Command fortnight plays two weeks of an API with planted incidents of all shapes,
// after some ordinary weeks to learn from, through the detector and the ledger
// of the service, and prints which incidents were found, how soon and how
// loudly, and how many alerts a day were about nothing.
//
// Everything is made from a seed: the same seed gives the same requests, and
// the same report. It asserts nothing.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	if err != nil {
		return 2 // the flag package has said why
	}
	stopProfile, err := profiled(o.profile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fortnight:", err)
		return 1
	}
	report, err := play(ctx, o)
	stopProfile()
	if err == nil {
		err = write(o, &report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fortnight:", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	seed   uint64
	learn  int     // ordinary days before
	days   int     // with incidents
	rate   float64 // of visitors, 1 = 300,000 requests a day
	budget float64 // alerts a day
	quiet  bool    // no incidents: whatever is told is false
	json   bool
	told   bool // list what was told
	// profile is a file for a CPU profile; "" = none.
	profile string
}

func parseOptions(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("fortnight", flag.ContinueOnError)
	f.Uint64Var(&o.seed, "seed", 1, "of everything that is random")
	f.IntVar(&o.learn, "learn", 21, "ordinary days before the incidents")
	f.IntVar(&o.days, "days", 14, "days with incidents; those that do not fit are left out")
	f.Float64Var(&o.rate, "rate", 1, "of the visitors; 1 makes about 300,000 requests a day")
	f.Float64Var(&o.budget, "budget", 3, "alerts a day that the operator allows")
	f.BoolVar(&o.quiet, "quiet", false, "plant no incidents")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVar(&o.told, "told", false, "list everything that was told, too")
	f.StringVar(&o.profile, "profile", "", "write a CPU profile to this file")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	return o, nil
}

// profiled begins a CPU profile, and gives what ends it.
func profiled(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a profile that is cut short says so itself
	}, nil
}

// play makes the weeks and has them looked at.
func play(ctx context.Context, o options) (report, error) {
	w := newWorld(o)
	plan := []incident{}
	if !o.quiet {
		plan = incidents(w, o.days)
	}
	p, err := newPlayer(o)
	if err != nil {
		return report{}, err
	}
	began := time.Now()
	if err := w.run(ctx, plan, p.take); err != nil {
		return report{}, err
	}
	r := judge(w, plan, p.told, o)
	r.Requests, r.Seconds = w.made, time.Since(began).Seconds()
	r.Learning = p.learning()
	return r, nil
}

func write(o options, r *report) error {
	out := bufio.NewWriter(os.Stdout)
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
		return out.Flush()
	}
	fmt.Fprint(out, r)
	if o.told {
		fmt.Fprintln(out, "\nEverything that was told:\n"+strings.Join(r.Told, "\n"))
	}
	return out.Flush()
}
