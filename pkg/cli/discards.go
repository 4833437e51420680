package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func discardsCommand() *cobra.Command {
	parent, r := group("discards", "List and change what findings do not count.")
	parent.AddCommand(discardsList(r), discardsAdd(r), ask(r, "remove ID", "Let such findings count again, those to come.", 1,
		func(c *cobra.Command, api *client.Client, args []string) error {
			if err := api.RemoveDiscard(c.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is removed: such findings count again.\n", args[0])
			return nil
		}))
	return parent
}

func discardsList(r remote) *cobra.Command {
	asJSON := false
	c := ask(r, "list", "List what findings do not count, and why.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		list, err := collect(api.Discards(c.Context()))
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		printDiscards(c.OutOrStdout(), list)
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}

func printDiscards(w io.Writer, list []wire.Discard) {
	if len(list) == 0 {
		fmt.Fprintln(w, "All findings count.")
		return
	}
	t := newTable(w, "id", "what does not count", "by", "until", "reason")
	for _, d := range list {
		t.AppendRow(table.Row{d.ID, text.WrapSoft(discardText(d), 60), d.By, discardEnd(d), text.WrapSoft(d.Reason, 40)})
	}
	t.Render()
}

// discardText is what a discard matches.
func discardText(d wire.Discard) string {
	var parts []string
	if d.Rule != "" {
		parts = append(parts, "findings of "+d.Rule)
	}
	if d.Actor != (finding.Actor{}) {
		parts = append(parts, "about "+d.Actor.String())
	}
	if d.Path != "" {
		parts = append(parts, "on "+d.Path)
	}
	return strings.Join(parts, ", ")
}

func discardEnd(d wire.Discard) string {
	if d.ExpiresAt.IsZero() {
		return "it is removed"
	}
	return clock(d.ExpiresAt)
}

func printDiscarded(w io.Writer, d wire.Discard) {
	fmt.Fprintf(w, "Discarded, as %s: %s. It holds until %s; `honeymoat discards remove %s` takes it back.\n", d.ID, discardText(d), discardEnd(d), d.ID)
}

func discardsAdd(r remote) *cobra.Command {
	var q wire.DiscardRequest
	lifetime := time.Duration(0)
	c := ask(r, "add", "Have findings not count: those to come, and those that came.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		q.LifetimeSeconds = int64(lifetime / time.Second)
		d, err := api.AddDiscard(c.Context(), q)
		if err != nil {
			return err
		}
		printDiscarded(c.OutOrStdout(), d)
		return nil
	})
	c.Flags().StringVar(&q.Actor, "actor", "", "About this actor: an address, a prefix or KIND:VALUE.")
	c.Flags().StringVar(&q.Rule, "rule", "", "Of this rule, by its id. Together with --actor it is also a word about the rule.")
	c.Flags().StringVar(&q.Path, "path", "", "On this path; one that ends in * is a beginning.")
	c.Flags().StringVar(&q.Reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().DurationVar(&lifetime, "for", 0, "For how long. 0: until it is removed.")
	command.Require(c, "reason")
	return c
}

func feedbackCommand() *cobra.Command {
	parent, r := group("feedback", "Tell by how much analysts have moved rules.")
	asJSON := false
	list := ask(r, "list", "List the rules that analysts have moved, by what they kept and discarded.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		list, err := collect(api.Feedback(c.Context()))
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		if len(list) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "Nobody has kept or discarded a finding of late.")
			return nil
		}
		t := newTable(c.OutOrStdout(), "rule", "about", "kept", "discarded", "last", "odds are")
		for _, o := range list {
			t.AppendRow(table.Row{o.Rule, o.Kind, fmt.Sprintf("%.1f", o.Keeps), fmt.Sprintf("%.1f", o.Discards), clock(o.Last), oddsText(o.Shift)})
		}
		t.Render()
		fmt.Fprintln(c.OutOrStdout(), "Words fade. What is known for certain, such as a honeytoken that was used, is moved by none.")
		return nil
	})
	jsonFlag(list, &asJSON)
	parent.AddCommand(list)
	return parent
}
