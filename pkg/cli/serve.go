package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/store"
)

func serveCommand(version string) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve [FILE…]",
		Short: "Run the whole service: bus, ingestion, detection, response, store, alerting and API. Logs named here are followed too.",
	}
	file := configFlag(c)
	dataDir := c.Flags().String("data-dir", "", "Directory of all state, in place of the configured one.")
	c.RunE = func(c *cobra.Command, args []string) error {
		load := func() (config.Service, error) { return serveConfig(*file, *dataDir, args) }
		cfg, err := load()
		if err != nil {
			return err
		}
		log := newLogger(c.ErrOrStderr(), cfg.Log)
		command, err := engineCommandLine()
		if err != nil {
			return err
		}
		s, err := service.New(cfg, service.Options{Version: version, EngineCommand: command, Log: log})
		if err != nil {
			return usageError{err}
		}
		stop := reloadOnHangup(s, load, log)
		defer stop()
		return s.Run(c.Context())
	}
	return c
}

// engineCommandLine is how the store's child is started: this program.
func engineCommandLine() ([]string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	return []string{exe, "engine"}, nil
}

// serveConfig is the file's configuration with what the command line says.
func serveConfig(file, dataDir string, logs []string) (config.Service, error) {
	cfg, err := readConfig(file)
	if err != nil {
		return cfg, err
	}
	if dataDir != "" {
		cfg.SetDataDir(dataDir)
	}
	paths := make([]string, len(logs))
	for i, log := range logs {
		if paths[i], err = filepath.Abs(log); err != nil {
			return cfg, fmt.Errorf("log %s: %w", log, err)
		}
	}
	cfg.AddLogs(paths)
	return cfg, nil
}

// reloadOnHangup reads the configuration again on SIGHUP, until stop is
// called, which waits.
func reloadOnHangup(s *service.Service, load func() (config.Service, error), log *slog.Logger) (stop func()) {
	hangup, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangup, syscall.SIGHUP)
	go func() {
		defer close(done)
		for range hangup {
			cfg, err := load()
			if err == nil {
				err = s.Reload(cfg)
			}
			if err != nil {
				log.Error("reload refused, the running configuration stays", "error", err)
			}
		}
	}()
	return func() {
		signal.Stop(hangup)
		close(hangup)
		<-done
	}
}

func newLogger(w io.Writer, cfg config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // checked with the configuration
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func migrateCommand() *cobra.Command {
	parent := &cobra.Command{Use: "migrate", Short: "Look after the store's schema. The service does it by itself at each start."}
	parent.AddCommand(
		migrateChild("up", "Apply the migrations that the store lacks.", func(ctx context.Context, s *store.Store, w io.Writer) error {
			applied, err := s.Migrate(ctx)
			for _, m := range applied {
				fmt.Fprintln(w, "applied", m.String())
			}
			if err == nil && len(applied) == 0 {
				fmt.Fprintln(w, "the schema is up to date")
			}
			return err
		}),
		migrateChild("status", "List the migrations and which of them the store has.", func(ctx context.Context, s *store.Store, w io.Writer) error {
			all, err := s.Migrations(ctx)
			for _, m := range all {
				state := "applied " + clock(m.AppliedAt)
				if m.Pending() {
					state = "pending"
				}
				fmt.Fprintf(w, "%-40s %s\n", m.String(), state)
			}
			return err
		}))
	return parent
}

func migrateChild(use, short string, run func(context.Context, *store.Store, io.Writer) error) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: exactly(0)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		command, err := engineCommandLine()
		if err != nil {
			return err
		}
		s, stop, err := service.OpenStore(c.Context(), cfg, command, newLogger(c.ErrOrStderr(), cfg.Log))
		if err != nil {
			return err
		}
		defer stop()
		return run(c.Context(), s, c.OutOrStdout())
	}
	return c
}
