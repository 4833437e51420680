// Command honeymoat-agent enforces honeymoat's blocks beside a gateway.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/honeymoat/honeymoat/pkg/agentcli"
)

// version is set when the program is linked.
var version = "dev"

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	return agentcli.Run(ctx, version, os.Args[1:], agentcli.Surroundings{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Reload: reload,
	})
}
