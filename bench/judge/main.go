// Command judge scores detectors of anomalies on labelled series: the model of
// pkg/baseline as it is, one naive detector to compare it with, and, on the
// Numenta Anomaly Benchmark (NAB), the published results of others, all with
// the same code in the same run.
//
//	go run ./bench/judge -nab DIR -cloud DIR [-split odd|even|all]
//
// It changes nothing and asserts nothing. README.md says what each figure
// means. The data are not part of this repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = judge(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	nab       string
	labelled  []string
	split     string
	worst     int
	published bool
}

func parseOptions(args []string, help io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.StringVar(&o.nab, "nab", "", "Folder of the Numenta Anomaly Benchmark: data/, labels/combined_windows.json, and results/ of published detectors.")
	flags.Func("cloud", "Folder of labelled CSV files, at any depth: columns timestamp, value and label (or is_anomaly, anomaly). May be given again.", func(dir string) error {
		o.labelled = append(o.labelled, dir)
		return nil
	})
	flags.StringVar(&o.split, "split", "all", "odd, even: every other file of each set, by name; all.")
	flags.IntVar(&o.worst, "worst", 15, "How many files to list, the worst first; -1 lists all.")
	flags.BoolVar(&o.published, "published", true, "Score the published detectors too.")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag; see -help", flags.Arg(0))
	case o.nab == "" && len(o.labelled) == 0:
		return o, errors.New("nothing to judge: give -nab DIR, -cloud DIR or both")
	case o.split != "all" && o.split != "odd" && o.split != "even":
		return o, fmt.Errorf("-split %s: want odd, even or all", o.split)
	}
	return o, nil
}

func judge(ctx context.Context, o options, out io.Writer) error {
	if o.nab != "" {
		if err := judgeNAB(ctx, o, out); err != nil {
			return err
		}
	}
	for _, dir := range o.labelled {
		if err := judgeLabelled(ctx, dir, o, out); err != nil {
			return err
		}
	}
	return nil
}
