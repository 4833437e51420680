package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
)

const (
	configEnv     = "HONEYMOAT_CONFIG"
	configMeaning = "Configuration file. Without one, everything embedded, state in ./data."
)

func configFlag(c *cobra.Command) *string { return command.ConfigFlag(c, configEnv, configMeaning) }

func readConfig(file string) (config.Service, error) {
	cfg, err := config.ReadService(file)
	return cfg, command.Usage(err)
}

func tokensCommand() *cobra.Command {
	parent := command.Group("tokens", "Give people and programs access to the API.")
	add := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a token, add its hash to the token file, and print it once. A running service reads the file on SIGHUP.",
		Args:  command.Exactly(1),
	}
	file := configFlag(add)
	roleName := add.Flags().String("role", "viewer", "viewer, analyst, admin; ingest: may push logs and do nothing else; bouncer: may fetch blocks and do nothing else.")
	sources := add.Flags().StringSlice("source", nil, "With --role ingest: a source whose logs may be pushed. May be given again. Default: all.")
	segments := add.Flags().StringSlice("segment", nil, "With --role bouncer: a segment whose blocks may be fetched, besides all. May be given again.")
	add.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		role, err := auth.ParseRole(*roleName)
		if err != nil {
			return command.Usage(err)
		}
		text, err := service.NewToken(cfg.API.TokenFile, config.Token{Name: args[0], Role: role.String(), Sources: *sources, Segments: *segments})
		if errors.As(err, new(mistake.Mistake)) {
			return command.Usage(err)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), text)
		fmt.Fprintln(c.ErrOrStderr(), "A running service knows it after a SIGHUP.")
		return nil
	}
	parent.AddCommand(add)
	return parent
}

// engineCommand is how the service starts its store: honeymoat itself, as a
// child that loads the engine.
func engineCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "engine",
		Short:  "Run the embedded ClickHouse engine as a child of the service.",
		Hidden: true,
		Args:   command.Exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if code := embedded.ChildMain(); code != command.ExitOK {
				return fmt.Errorf("the engine ended with code %d", code)
			}
			return nil
		},
	}
}
