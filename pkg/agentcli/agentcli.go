// Package agentcli is the command line of honeymoat-agent: its commands, their
// flags and what they print.
//
// It imports the assembly of the agent, never that of the service. It never
// ends the process, and never contains logic that another package could need.
package agentcli

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/config"
)

// Exit codes.
const (
	ExitOK     = 0 // all is well
	ExitFailed = 1 // it was tried and did not work
	ExitUsage  = 2 // the command line or the configuration has a mistake
)

// configEnv names the environment variable for the configuration file.
const configEnv = "HONEYMOAT_AGENT_CONFIG"

// usageError is a mistake that the person at the keyboard can mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Surroundings are what a command reads, prints and is told by.
type Surroundings struct {
	In       io.Reader
	Out, Err io.Writer
	// Reload tells a running agent to read its configuration again.
	Reload <-chan os.Signal
}

// Run executes the command line and gives the exit code.
func Run(ctx context.Context, version string, args []string, around Surroundings) int {
	root := Root(version, around.Reload)
	root.SetArgs(args)
	root.SetIn(around.In)
	root.SetOut(around.Out)
	root.SetErr(around.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	root.PrintErrln("honeymoat-agent: " + err.Error())
	if errors.As(err, new(usageError)) {
		return ExitUsage
	}
	return ExitFailed
}

// Root makes the command tree.
func Root(version string, reload <-chan os.Signal) *cobra.Command {
	root := &cobra.Command{
		Use:           "honeymoat-agent",
		Short:         "Enforces honeymoat's blocks beside a gateway, ships its logs, and answers decoys.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
	})
	root.AddCommand(enrollCommand(version), runCommand(version, reload), decideCommand(), configCommand(), versionCommand(version))
	return root
}

func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(c, args); err != nil {
			return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
		}
		return nil
	}
}

func configFlag(c *cobra.Command) *string {
	return c.Flags().String("config", os.Getenv(configEnv), "Configuration file. Without one, the defaults.")
}

// readConfig reads a file; no name gives the defaults.
func readConfig(file string) (config.Agent, error) {
	cfg, err := config.ParseAgent("", nil)
	if file != "" {
		cfg, err = config.ReadAgent(file)
	}
	if err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}
