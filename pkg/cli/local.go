package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
)

const configEnv = "HONEYMOAT_CONFIG"

func configFlag(c *cobra.Command) *string {
	return c.Flags().String("config", os.Getenv(configEnv), "Configuration file. Without one, everything embedded, state in ./data.")
}

func readConfig(file string) (config.Service, error) {
	cfg, err := config.ReadService(file)
	if err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

func configCommand() *cobra.Command {
	parent := &cobra.Command{Use: "config", Short: "Work with configuration files."}
	check := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration file and the files it names, and start nothing.",
		Args:  exactly(0),
	}
	file := configFlag(check)
	check.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		if err := service.Check(cfg); err != nil {
			return usageError{err}
		}
		c.Println("the configuration is good")
		return nil
	}
	parent.AddCommand(check)
	return parent
}

func tokensCommand() *cobra.Command {
	parent := &cobra.Command{Use: "tokens", Short: "Give people and programs access to the API."}
	add := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a token, add its hash to the token file, and print it once. A running service reads the file on SIGHUP.",
		Args:  exactly(1),
	}
	file := configFlag(add)
	roleName := add.Flags().String("role", "viewer", "viewer, analyst or admin.")
	add.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		role, err := auth.ParseRole(*roleName)
		if err != nil {
			return usageError{err}
		}
		text, err := service.NewToken(cfg.API.TokenFile, args[0], role)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), text)
		return nil
	}
	parent.AddCommand(add)
	return parent
}

func versionCommand(version string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version.",
		Args:  exactly(0),
		Run:   func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "honeymoat", version) },
	}
}

// engineCommand is how the service starts its store: honeymoat itself, as a
// child that loads the engine.
func engineCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "engine",
		Short:  "Run the embedded ClickHouse engine as a child of the service.",
		Hidden: true,
		Args:   exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if code := embedded.ChildMain(); code != ExitOK {
				return fmt.Errorf("the engine ended with code %d", code)
			}
			return nil
		},
	}
}
