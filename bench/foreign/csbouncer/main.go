// Command csbouncer is CrowdSec's own client, as most of its bouncers are made
// of it. It writes a line of JSON for each answer that it gets:
//
//	csbouncer stream URL KEY   asks for changes every 100 ms
//	csbouncer live URL KEY     asks for each address that stands on a line of its input
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	csbouncer "github.com/crowdsecurity/go-cs-bouncer"
)

// agent is how the client calls itself.
const agent = "honeymoat-test/v0.0.14"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "csbouncer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("%d arguments: want stream or live, a URL and a key", len(args))
	}
	switch kind, url, key := args[0], args[1], args[2]; kind {
	case "stream":
		return stream(ctx, url, key, json.NewEncoder(out))
	case "live":
		return live(url, key, in, json.NewEncoder(out))
	default:
		return fmt.Errorf("%q: want stream or live", kind)
	}
}

func stream(ctx context.Context, url, key string, out *json.Encoder) error {
	b := &csbouncer.StreamBouncer{APIKey: key, APIUrl: url, UserAgent: agent, TickerInterval: "100ms"}
	if err := b.Init(); err != nil {
		return fmt.Errorf("make a stream bouncer: %w", err)
	}
	go b.Run(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case answer, ok := <-b.Stream:
			if !ok {
				return fmt.Errorf("the stream bouncer gave up")
			}
			if len(answer.New)+len(answer.Deleted) == 0 {
				continue
			}
			if err := out.Encode(answer); err != nil {
				return err
			}
		}
	}
}

func live(url, key string, in io.Reader, out *json.Encoder) error {
	b := &csbouncer.LiveBouncer{APIKey: key, APIUrl: url, UserAgent: agent}
	if err := b.Init(); err != nil {
		return fmt.Errorf("make a live bouncer: %w", err)
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		decisions, err := b.Get(lines.Text())
		if err != nil {
			return fmt.Errorf("ask about %s: %w", lines.Text(), err)
		}
		if err := out.Encode(decisions); err != nil {
			return err
		}
	}
	return lines.Err()
}
