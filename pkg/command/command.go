// Package command is what both programs' command lines have in common: how a
// command tree is run and its mistakes become exit codes, the signals, and the
// commands that differ in nothing but the program's name.
//
// It imports cobra, the configuration of logs, and the reference. It never
// ends the process, and never knows what a program does.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/reference"
)

// Exit codes.
const (
	ExitOK     = 0 // all is well
	ExitFailed = 1 // it was tried and did not work
	ExitUsage  = 2 // the command line or the configuration has a mistake
)

// ExitCodes are the exit codes as the reference lists them.
func ExitCodes() []reference.Row {
	return []reference.Row{
		{Name: fmt.Sprint(ExitOK), Meaning: "All is well."},
		{Name: fmt.Sprint(ExitFailed), Meaning: "It was tried and did not work; standard error says what and what to do."},
		{Name: fmt.Sprint(ExitUsage), Meaning: "The command line, the configuration or a file that it names has a mistake."},
	}
}

// Surroundings are what a command reads, prints and is told by.
type Surroundings struct {
	In       io.Reader
	Out, Err io.Writer
	// Reload tells a running program to read its configuration again.
	Reload <-chan os.Signal
}

// usageError is a mistake that the person at the keyboard can mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks an error as a mistake that the person at the keyboard can mend,
// which ends the program with ExitUsage. Nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// IsUsage tells whether an error was marked by Usage.
func IsUsage(err error) bool { return errors.As(err, new(usageError)) }

// Run executes a command line and gives the exit code. An error is printed
// under the name of the program.
func Run(ctx context.Context, root *cobra.Command, args []string, around Surroundings) int {
	root.SetArgs(args)
	root.SetIn(around.In)
	root.SetOut(around.Out)
	root.SetErr(around.Err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return ExitOK
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		err = errors.New("interrupted")
	}
	root.PrintErrln(root.Name() + ": " + err.Error())
	if IsUsage(err) {
		return ExitUsage
	}
	return ExitFailed
}
