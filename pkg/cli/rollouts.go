package cli

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

func rolloutsCommand() *cobra.Command {
	parent, r := group("rollouts", "Tell how far rules have come from shadow to enforcement, and move them.")
	parent.AddCommand(rolloutsList(r), rolloutsShow(r))
	for _, verb := range rollout.Verbs() {
		parent.AddCommand(rolloutsVerb(r, verb))
	}
	return parent
}

func rolloutsList(r remote) *cobra.Command {
	var f client.RolloutFilter
	c := listCommand(r, listing[rollout.Logic]{
		short: "List the versions of rules in rollout.", print: printRollouts,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[rollout.Logic, error] {
			return api.Rollouts(c.Context(), f)
		},
	})
	c.Flags().StringVar(&f.Rule, "rule", "", "Only this rule.")
	c.Flags().StringVar(&f.Stage, "stage", "", "Only this stage: "+stageNames()+", retired.")
	c.Flags().StringVar(&f.State, "state", "", "Only this state: moving, held, pinned, 'rolled back' or done.")
	return c
}

func stageNames() string {
	var names []string
	for _, s := range rollout.Stages() {
		names = append(names, s.String())
	}
	return strings.Join(names, ", ")
}

func printRollouts(w io.Writer, list []rollout.Logic) {
	if len(list) == 0 {
		fmt.Fprintln(w, "No rule in rollout has asked for a block yet.")
		return
	}
	t := newTable(w, "rule", "version", "stage", "state", "for", "what it waits for")
	for _, l := range list {
		t.AppendRow(table.Row{l.Rule, l.Version, l.Stage, l.State, brief(time.Since(l.Since).Round(time.Minute)), text.WrapSoft(waitsFor(l), 70)})
	}
	t.Render()
}

// waitsFor tells in one line why a version is where it is.
func waitsFor(l rollout.Logic) string {
	if l.Why != "" {
		return l.Why
	}
	var open []string
	for _, g := range l.Gates {
		if g.Color != rollout.Green {
			open = append(open, g.Text)
		}
	}
	return strings.Join(open, "; ")
}

func rolloutsShow(r remote) *cobra.Command {
	asJSON := false
	c := ask(r, "show RULE [VERSION]", "Show a rule's rollout: its gates with what was measured, and its history.", 1, nil)
	c.Args = oneOrTwo
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		list, err := versionsOf(c, api, args)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		for _, l := range list {
			printRollout(c.OutOrStdout(), l)
		}
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}

func oneOrTwo(c *cobra.Command, args []string) error {
	if len(args) == 2 {
		return nil
	}
	return command.Exactly(1)(c, args)
}

// versionsOf gives the versions of a rule, or the one that is named.
func versionsOf(c *cobra.Command, api *client.Client, args []string) ([]rollout.Logic, error) {
	list, err := collect(api.Rollouts(c.Context(), client.RolloutFilter{Rule: args[0]}))
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		list = slices.DeleteFunc(list, func(l rollout.Logic) bool { return l.Version != args[1] })
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s is not in rollout; `honeymoat rollouts list` tells what is", strings.Join(args, " "))
	}
	return list, nil
}

func printRollout(w io.Writer, l rollout.Logic) {
	fmt.Fprintf(w, "%s, version %s: %s, %s since %s", l.Rule, l.Version, l.Stage, l.State, clock(l.Since))
	if l.Why != "" {
		fmt.Fprintf(w, " (%s: %s)", l.Who, l.Why)
	}
	fmt.Fprintln(w)
	gates := newTable(w, "gate", "is", "measured")
	for _, g := range l.Gates {
		gates.AppendRow(table.Row{g.Name, g.Color, text.WrapSoft(g.Text, 90)})
	}
	gates.Render()
	history := newTable(w, "when", "what", "from", "to", "by", "why")
	for _, e := range l.History {
		history.AppendRow(table.Row{clock(e.At), e.What, e.From, e.To, e.Who, text.WrapSoft(e.Why, 60)})
	}
	history.Render()
}

// rolloutsVerb makes a command that moves a version, or stops it.
func rolloutsVerb(r remote, verb string) *cobra.Command {
	reason := ""
	c := ask(r, verb+" RULE [VERSION]", verbMeaning(verb)+" Without VERSION, the one that is not done yet.", 1, nil)
	c.Args = oneOrTwo
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		list, err := versionsOf(c, api, args)
		if err != nil {
			return err
		}
		version, err := meant(list)
		if err != nil {
			return err
		}
		l, err := api.CommandRollout(c.Context(), args[0], version, verb, reason)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s, version %s: %s, %s.\n", l.Rule, l.Version, l.Stage, l.State)
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}

func verbMeaning(verb string) string {
	switch verb {
	case rollout.VerbHold:
		return "Keep a rule in its stage; an alarm still rolls it back."
	case rollout.VerbResume:
		return "Let a rule go on that is held, pinned or was rolled back, with nothing measured in its stage yet."
	case rollout.VerbPromote:
		return "Move a rule to the next stage now, whatever is still being measured."
	case rollout.VerbRollBack:
		return "Move a rule back to shadow, and keep it there."
	default:
		return "Keep a rule in its stage whatever is measured."
	}
}

// meant is the version that a command is about when none is named: the only
// one, or else the only one that is on its way.
func meant(list []rollout.Logic) (string, error) {
	moving := list
	if len(list) > 1 {
		moving = slices.DeleteFunc(slices.Clone(list), func(l rollout.Logic) bool { return l.State == rollout.Done })
	}
	if len(moving) == 1 {
		return moving[0].Version, nil
	}
	var versions []string
	for _, l := range list {
		versions = append(versions, l.Version)
	}
	return "", command.Usage(fmt.Errorf("%s has the versions %s: name one", list[0].Rule, strings.Join(versions, ", ")))
}
