package cli

import (
	"cmp"
	"fmt"
	"io"
	"iter"
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
	return listCommand(r, listing[wire.Discard]{
		short: "List what findings do not count, and why.", print: printDiscards,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Discard, error] {
			return api.Discards(c.Context())
		},
	})
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
	parent.AddCommand(listCommand(r, listing[wire.Opinion]{
		short: "List the rules that analysts have moved, by what they kept and discarded.", print: printFeedback,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Opinion, error] {
			return api.Feedback(c.Context())
		},
	}))
	return parent
}

func printFeedback(w io.Writer, list []wire.Opinion) {
	if len(list) == 0 {
		fmt.Fprintln(w, "Nobody has kept or discarded a finding of late.")
		return
	}
	t := newTable(w, "rule", "about", "kept", "discarded", "last", "odds are", "id")
	for _, o := range list {
		t.AppendRow(table.Row{
			text.WrapSoft(cmp.Or(o.Title, o.Rule), 60), o.Kind, fmt.Sprintf("%.1f", o.Keeps), fmt.Sprintf("%.1f", o.Discards), clock(o.Last), oddsText(o.Shift), o.Rule,
		})
	}
	t.Render()
	fmt.Fprintln(w, "Words fade. What is known for certain, such as a honeytoken that was used, is moved by none.")
}
