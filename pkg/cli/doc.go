// Package cli is the operator's tool: the commands of honeymoat, their flags
// and what they print.
//
// It imports the assembly and the API's client. It never ends the process,
// and never contains logic that another package could need: a command reads
// flags, calls, and prints.
package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
)

// Run executes the command line and gives the exit code.
func Run(ctx context.Context, version string, args []string, around command.Surroundings) int {
	return command.Run(ctx, Root(version, around.Reload), args, around)
}

// Root makes the command tree. reload tells a running service to read its
// configuration again; it may be nil.
func Root(version string, reload <-chan os.Signal) *cobra.Command {
	root := command.Root("honeymoat", "Turns gateway access logs and decoy endpoints into blocks.", version)
	root.AddCommand(
		serveCommand(version, reload), replayCommand(), rulesCommand(), intelCommand(), baselineCommand(), statusCommand(), blocksCommand(), rolloutsCommand(), actorsCommand(), agentsCommand(), bouncersCommand(), decoysCommand(),
		findingsCommand(), discardsCommand(), feedbackCommand(), tiersCommand(),
		formatsCommand(), quarantineCommand(), privacyCommand(), principalsCommand(), eraseCommand(), tokensCommand(), migrateCommand(), configCommand(), engineCommand(), referenceCommand(version),
	)
	return root
}
