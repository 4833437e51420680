package agentcli

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/config"
)

func runCommand(version string, reload <-chan os.Signal) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Enforce, ship logs and answer decoys until told to stop. On SIGHUP allow, trusted_hops (for enforcing) and the decoy catalogue are read again.",
		Args:  exactly(0),
	}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		if err := gateway.Check(cfg); err != nil {
			return usageError{err}
		}
		credential, err := gateway.LoadCredential(cfg.StateDir)
		if err != nil {
			return err
		}
		log := newLog(cfg.Log, c.ErrOrStderr())
		g, err := gateway.New(c.Context(), gateway.Options{Config: cfg, Credential: credential, Software: version, Log: log})
		if err != nil {
			return err
		}
		log.Info("enforcing", "agent", credential.Name, "listen", cfg.Enforce.Listen, "version", version)
		return runReloading(c.Context(), g, *file, reload, log)
	}
	return c
}

// runReloading runs g and reloads it when it is told to.
func runReloading(ctx context.Context, g *gateway.Gateway, file string, reload <-chan os.Signal, log *slog.Logger) error {
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case <-reload:
			reloadOnce(g, file, log)
		}
	}
}

func reloadOnce(g *gateway.Gateway, file string, log *slog.Logger) {
	cfg, err := readConfig(file)
	restart := false
	if err == nil {
		restart, err = g.Reload(cfg)
	}
	switch {
	case err != nil:
		log.Error("the configuration was not reloaded; the old one stays in force", "error", err)
	case restart:
		log.Warn("some changes in the configuration take a restart")
	}
}

// newLog makes the logger that the configuration asks for; its values have
// been checked.
func newLog(c config.Log, to io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
