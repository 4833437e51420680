package agentcli

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/command"
)

func runCommand(version string, reload <-chan os.Signal) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Enforce, ship logs and answer decoys until told to stop. On SIGHUP allow, fail, identify, apis, geo, trusted_hops (for enforcing), sources and the decoy catalogue are read again.",
		Args:  command.Exactly(0),
	}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		if err := gateway.Check(cfg); err != nil {
			return command.Usage(err)
		}
		credential, err := gateway.LoadCredential(cfg.StateDir)
		if err != nil {
			return err
		}
		log := command.NewLogger(c.ErrOrStderr(), cfg.Log)
		g, err := gateway.New(c.Context(), gateway.Options{Config: cfg, Credential: credential, Software: version, Log: log})
		if err != nil {
			return err
		}
		log.Info("enforcing", "agent", credential.Name, "listen", cfg.Enforce.Listen, "version", version)
		return command.RunReloading(c.Context(), reload, log, g.Run, func() error { return reloadOnce(g, *file, log) })
	}
	return c
}

func reloadOnce(g *gateway.Gateway, file string, log *slog.Logger) error {
	cfg, err := readConfig(file)
	if err != nil {
		return err
	}
	restart, err := g.Reload(cfg)
	if restart {
		log.Warn("some changes in the configuration take a restart")
	}
	return err
}
