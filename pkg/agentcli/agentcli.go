// Package agentcli is the command line of honeymoat-agent: its commands, their
// flags and what they print.
//
// It imports the assembly of the agent, never that of the service. It never
// ends the process, and never contains logic that another package could need.
package agentcli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
)

const (
	// configEnv names the environment variable for the configuration file.
	configEnv     = "HONEYMOAT_AGENT_CONFIG"
	configMeaning = "Configuration file. Without one, the defaults."
)

// Run executes the command line and gives the exit code.
func Run(ctx context.Context, version string, args []string, around command.Surroundings) int {
	return command.Run(ctx, Root(version, around.Reload), args, around)
}

// Root makes the command tree. reload tells a running agent to read its
// configuration again; it may be nil.
func Root(version string, reload <-chan os.Signal) *cobra.Command {
	root := command.Root("honeymoat-agent", "Enforces honeymoat's blocks beside a gateway, ships its logs, and answers decoys.", version)
	root.AddCommand(enrollCommand(version), runCommand(version, reload), decideCommand(), blocksCommand(), configCommand())
	return root
}

func configFlag(c *cobra.Command) *string { return command.ConfigFlag(c, configEnv, configMeaning) }

// readConfig reads a file; no name gives the defaults.
func readConfig(file string) (config.Agent, error) {
	if file == "" {
		cfg, err := config.ParseAgent("", nil)
		return cfg, command.Usage(err)
	}
	cfg, err := config.ReadAgent(file)
	return cfg, command.Usage(err)
}
