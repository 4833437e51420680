package command

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/honeymoat/honeymoat/pkg/config"
)

// Main runs a program on this process's arguments, streams and signals and
// gives the exit code: an interrupt or SIGTERM ends it in order, SIGHUP has it
// reload.
func Main(version string, run func(ctx context.Context, version string, args []string, around Surroundings) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	return run(ctx, version, os.Args[1:], Surroundings{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Reload: reload})
}

// RunReloading calls run, and reload each time that the surroundings ask for
// it, until run returns. A reload that fails leaves what runs as it is, and is
// told in the log.
func RunReloading(ctx context.Context, asked <-chan os.Signal, log *slog.Logger, run func(context.Context) error, reload func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case <-asked:
			if err := reload(); err != nil {
				log.Error("not reloaded, the running configuration stays", "error", err)
			}
		}
	}
}

// NewLogger makes the logger that a configuration asks for. Its values have
// been checked.
func NewLogger(to io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, opts))
	}
	return slog.New(slog.NewTextHandler(to, opts))
}
