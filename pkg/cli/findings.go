package cli

import (
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func findingsCommand() *cobra.Command {
	parent, r := group("findings", "List what was found, and say what was right and what was none.")
	parent.Long = parent.Short + "\n\nWhat is kept makes findings of the same rule about actors of the same kind weigh more, what is discarded less: " +
		"within bounds, fading, and to be taken back. `honeymoat feedback list` tells by how much."
	parent.AddCommand(findingsList(r), findingsShow(r), findingsKeep(r), findingsUnkeep(r), findingsDiscard(r))
	return parent
}

func findingsList(r remote) *cobra.Command {
	var f client.FindingFilter
	c := listCommand(r, listing[wire.Finding]{
		short: "List findings, newest first, from the store.", limit: 50, print: printFindings,
		check: func() error {
			if _, err := finding.ParseTier(f.Tier); f.Tier != "" && err != nil {
				return fmt.Errorf("--tier: %w", err)
			}
			return nil
		},
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Finding, error] {
			return api.Findings(c.Context(), f)
		},
	})
	c.Flags().StringVar(&f.Rule, "rule", "", "Only of this rule, by its id.")
	c.Flags().StringVar(&f.Family, "family", "", "Only of this family.")
	c.Flags().StringVar(&f.Tier, "tier", "", "Only those that suggest this tier or a more urgent one: log, notify or page.")
	c.Flags().StringVar(&f.Actor, "actor", "", "Only about this actor: an address, a prefix or KIND:VALUE.")
	return c
}

// printFindings names rules by their titles; `findings show` tells their ids.
func printFindings(w io.Writer, list []wire.Finding) {
	if len(list) == 0 {
		fmt.Fprintln(w, "Nothing like that was found.")
		return
	}
	t := newTable(w, "id", "when", "what", "suggests", "actor", "family")
	for _, f := range list {
		what := f.Title
		if f.Discarded {
			what += " (discarded)"
		}
		t.AppendRow(table.Row{f.ID, clock(f.Time), text.WrapSoft(what, 60), f.Tier, actorName(f.Actor.Kind, f.Actor.Value), f.Family})
	}
	t.Render()
	fmt.Fprintln(w, "What one rests on, and its rule: honeymoat findings show ID")
}

func findingsKeep(r remote) *cobra.Command {
	reason := ""
	c := ask(r, "keep ID", "Tell that a finding was right: findings of its rule about such actors weigh more from now on.", 1,
		func(c *cobra.Command, api *client.Client, args []string) error {
			v, err := api.Keep(c.Context(), args[0], reason)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is kept, by %s: %s about actors of the kind %s weighs more.\n", v.ID, v.By, v.Rule, v.Kind)
			return nil
		})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}

func findingsUnkeep(r remote) *cobra.Command {
	return ask(r, "unkeep ID", "Take it back that a finding was right.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		if err := api.Unkeep(c.Context(), args[0]); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is kept no longer.\n", args[0])
		return nil
	})
}

func findingsDiscard(r remote) *cobra.Command {
	reason, lifetime := "", time.Duration(0)
	c := ask(r, "discard ID", "Tell that a finding was none: findings of its rule about its actor do not count, those that came included.", 1,
		func(c *cobra.Command, api *client.Client, args []string) error {
			d, err := api.DiscardFinding(c.Context(), args[0], wire.DiscardFinding{Reason: reason, LifetimeSeconds: int64(lifetime / time.Second)})
			if err != nil {
				return err
			}
			printDiscarded(c.OutOrStdout(), d)
			return nil
		})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().DurationVar(&lifetime, "for", 0, "For how long. 0: until it is removed.")
	command.Require(c, "reason")
	return c
}
