package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Root makes the root of a command tree. Mistakes in flags are usage errors.
func Root(name, short, version string) *cobra.Command {
	root := Group(name, short)
	root.SilenceUsage, root.SilenceErrors, root.Version = true, true, version
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return withHelp(c, err) })
	root.AddCommand(&cobra.Command{
		Use: "version", Short: "Print the version.", Args: Exactly(0),
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), name, version) },
	})
	return root
}

// Group makes a command that has others below it and shows its help when it is
// called by itself. One that it does not have is a usage error with a guess.
func Group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, SuggestionsMinimumDistance: 2,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if guesses := c.SuggestionsFor(args[0]); len(guesses) > 0 {
				return Usage(fmt.Errorf("%s has no command %q; did you mean %s?", c.CommandPath(), args[0], strings.Join(guesses, " or ")))
			}
			return withHelp(c, fmt.Errorf("%s has no command %q", c.CommandPath(), args[0]))
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
}

// Exactly wants n arguments; anything else is a usage error.
func Exactly(n int) cobra.PositionalArgs { return arguments(cobra.ExactArgs(n)) }

// AtLeast wants n arguments or more; fewer are a usage error.
func AtLeast(n int) cobra.PositionalArgs { return arguments(cobra.MinimumNArgs(n)) }

func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return withHelp(c, err)
		}
		return nil
	}
}

// Require makes a flag needed: without it the command is a usage error.
func Require(c *cobra.Command, flag string) {
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed(flag) {
			return nil
		}
		return withHelp(c, fmt.Errorf("--%s is needed", flag))
	}
}

// withHelp turns what the library says into a usage error with a hint.
func withHelp(c *cobra.Command, err error) error {
	return Usage(errors.New(err.Error() + "; see " + c.CommandPath() + " --help"))
}

// ConfigFlag adds --config, which an environment variable can stand in for.
func ConfigFlag(c *cobra.Command, env, meaning string) *string {
	return c.Flags().String("config", os.Getenv(env), meaning)
}

// ConfigCheck makes the command group "config" with its command "check", which
// calls check with the name of the file.
func ConfigCheck(env, meaning string, check func(file string) error) *cobra.Command {
	parent := Group("config", "Work with configuration files.")
	c := &cobra.Command{
		Use: "check", Short: "Check a configuration file and the files it names, and start nothing.", Args: Exactly(0),
	}
	file := ConfigFlag(c, env, meaning)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := check(*file); err != nil {
			return Usage(err)
		}
		fmt.Fprintln(c.OutOrStdout(), "the configuration is good")
		return nil
	}
	parent.AddCommand(c)
	return parent
}
