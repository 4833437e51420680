// Package cli is the operator's tool: the commands of honeymoat, their flags
// and what they print.
//
// It imports the assembly and the API's client. It never ends the process,
// and never contains logic that another package could need: a command reads
// flags, calls, and prints.
package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes of both programs.
const (
	ExitOK     = 0 // all is well
	ExitFailed = 1 // it was tried and did not work
	ExitUsage  = 2 // the command line or the configuration has a mistake
)

// usageError is a mistake that the person at the keyboard can mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Streams are what a command reads and prints.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Run executes the command line and gives the exit code.
func Run(ctx context.Context, version string, args []string, streams Streams) int {
	root := Root(version)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	root.PrintErrln("honeymoat: " + err.Error())
	if errors.As(err, new(usageError)) {
		return ExitUsage
	}
	return ExitFailed
}

// Root makes the command tree.
func Root(version string) *cobra.Command {
	root := &cobra.Command{
		Use:           "honeymoat",
		Short:         "Turns gateway access logs and decoy endpoints into blocks.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
	})
	root.AddCommand(
		serveCommand(version), replayCommand(), statusCommand(), blocksCommand(), agentsCommand(), decoysCommand(),
		tokensCommand(), migrateCommand(), configCommand(), versionCommand(version), engineCommand(), referenceCommand(version),
	)
	return root
}

// exactly makes a positional-argument check whose failure is a usage error.
func exactly(n int) cobra.PositionalArgs { return usage(cobra.ExactArgs(n)) }

func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
		}
		return nil
	}
}
