package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/store"
)

func serveCommand(version string, reload <-chan os.Signal) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve [FILE…]",
		Short: "Run the whole service: bus, ingestion, detection, response, store, alerting and API. Logs named here are followed too; - takes lines from standard input. On SIGHUP sources, networks, decoys, rules, threat feeds, tokens and Alertmanager's routing are read again.",
	}
	file := configFlag(c)
	dataDir := c.Flags().String("data-dir", "", "Directory of all state, in place of the configured one.")
	c.RunE = func(c *cobra.Command, args []string) error {
		load := func() (config.Service, error) { return serveConfig(*file, *dataDir, args) }
		cfg, err := load()
		if err != nil {
			return err
		}
		collectOften()
		log := command.NewLogger(c.ErrOrStderr(), cfg.Log)
		child, err := engineCommandLine()
		if err != nil {
			return err
		}
		opts := service.Options{Version: version, EngineCommand: child, Log: log}
		if slices.Contains(args, standardInput) {
			if opts.Input, err = interruptible(c.InOrStdin()); err != nil {
				return err
			}
		}
		s, err := service.New(cfg, opts)
		if err != nil {
			return command.Usage(err)
		}
		return command.RunReloading(c.Context(), reload, log, s.Run, func() error { return s.ReloadFrom(load) })
	}
	return c
}

// collectOften keeps memory near what is in use: batches and inserts come and
// go in large pieces, of which the collector would otherwise let as much again
// lie about. It is a fifth of the peak for a twentieth of the processor time;
// see bench/README.md. Whoever sets GOGC knows better.
func collectOften() {
	const percent = 50
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
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
	var paths []string
	for _, log := range logs {
		if log == standardInput {
			continue
		}
		path, err := filepath.Abs(log)
		if err != nil {
			return cfg, fmt.Errorf("log %s: %w", log, err)
		}
		paths = append(paths, path)
	}
	cfg.AddLogs(paths)
	if len(paths) < len(logs) {
		cfg.AddInput()
	}
	return cfg, nil
}

func migrateCommand() *cobra.Command {
	parent := command.Group("migrate", "Look after the store's schema. The service does it by itself at each start.")
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
	c := &cobra.Command{Use: use, Short: short, Args: command.Exactly(0)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		child, err := engineCommandLine()
		if err != nil {
			return err
		}
		s, stop, err := service.OpenStore(c.Context(), cfg, child, command.NewLogger(c.ErrOrStderr(), cfg.Log))
		if err != nil {
			return err
		}
		defer stop()
		return run(c.Context(), s, c.OutOrStdout())
	}
	return c
}
