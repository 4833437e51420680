// Command demo shows honeymoat at work in a few seconds: real nginx as two
// gateways with an agent each, an attacker who probes one of them, and a
// customer who must not notice. It prints what happens as a timeline, and its
// exit code is 0 only if all of it was as it should be.
//
// It imports the stage and nothing of the product.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// limit is for a machine that is busy with something else; the demo takes a
// few seconds.
const limit = 2 * time.Minute

func main() { os.Exit(run()) }

func run() int {
	bin := flag.String("bin", "bin", "Directory with honeymoat and honeymoat-agent.")
	keep := flag.Bool("keep", false, "Keep the directory with all logs and configurations.")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := demo(ctx, *bin, *keep, newTimeline(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	return 0
}

// demo plays on a stage in a directory of its own.
func demo(ctx context.Context, bin string, keep bool, t *timeline) (err error) {
	dir, err := os.MkdirTemp("", "honeymoat-demo-")
	if err != nil {
		return err
	}
	s, err := stage.New(dir, bin)
	if err != nil {
		return err
	}
	defer func() {
		if closing := s.Close(); err == nil {
			err = closing
		}
		if keep || err != nil {
			t.note("everything is kept in %s", dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	return play(ctx, s, t)
}
