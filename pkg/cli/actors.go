package cli

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func actorsCommand() *cobra.Command {
	parent, r := group("actors", "Tell who is behind findings, with whom they were seen, and who behaves like them.")
	parent.Long = parent.Short + "\n\nAn actor is an address, a prefix, or KIND:VALUE with user, application, key, token, session or fingerprint. " +
		"Users, keys, tokens and sessions go by their hash, as findings and alerts show it; `honeymoat principals find` tells it."
	parent.AddCommand(actorsList(r), actorsShow(r), actorsLinks(r), actorsSimilar(r))
	return parent
}

// showActor makes a child command that asks about one actor and prints what is
// known.
func showActor[T any](r remote, use, short string, get func(c *cobra.Command, api *client.Client, a finding.Actor) (T, error), print func(io.Writer, T)) *cobra.Command {
	return showCommand(r, use+" ACTOR", short, 1, func(c *cobra.Command, api *client.Client, args []string) (T, error) {
		a, err := finding.ParseActor(args[0])
		if err != nil {
			var none T
			return none, command.Usage(err)
		}
		return get(c, api, a)
	}, print)
}

func actorsList(r remote) *cobra.Command {
	var f client.ActorFilter
	c := listCommand(r, listing[wire.Actor]{
		short: "List the actors of whom there is evidence, the most urgent first.", limit: 50, print: printActors,
		check: func() error { return checkActorFilter(f) },
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Actor, error] {
			return api.FindActors(c.Context(), f)
		},
	})
	c.Flags().StringVar(&f.Kind, "kind", "", "Only this kind: address, prefix, user …")
	c.Flags().StringVar(&f.Tier, "tier", "", "Only this tier and the more urgent ones: log, notify or page.")
	return c
}

func checkActorFilter(f client.ActorFilter) error {
	if _, err := finding.ParseActorKind(f.Kind); f.Kind != "" && err != nil {
		return fmt.Errorf("--kind: %w", err)
	}
	if _, err := finding.ParseTier(f.Tier); f.Tier != "" && err != nil {
		return fmt.Errorf("--tier: %w", err)
	}
	return nil
}

func printActors(w io.Writer, actors []wire.Actor) {
	if len(actors) == 0 {
		fmt.Fprintln(w, "Nothing was found yet.")
		return
	}
	t := newTable(w, "who", "tier", "findings", "last seen", "blocks", "because")
	for _, a := range actors {
		because := a.Reasons[:min(3, len(a.Reasons))]
		if rest := len(a.Reasons) - len(because); rest > 0 {
			because = append(slices.Clone(because), fmt.Sprintf("and %d more", rest))
		}
		t.AppendRow(table.Row{actorName(a.Kind, a.Value), a.Tier, a.Findings, clock(a.LastSeen), len(a.BlockIDs), strings.Join(because, "\n")})
	}
	t.Render()
}

// actorName is an actor as commands take it: addresses need no kind.
func actorName(kind finding.ActorKind, value string) string {
	if kind == finding.Address || kind == finding.Prefix {
		return value
	}
	return finding.Actor{Kind: kind, Value: value}.String()
}

func actorsShow(r remote) *cobra.Command {
	return showActor(r, "show", "Show an actor with the latest evidence.",
		func(c *cobra.Command, api *client.Client, a finding.Actor) (wire.ActorDetail, error) {
			return api.Actor(c.Context(), a)
		}, printActor)
}

func printActor(w io.Writer, a wire.ActorDetail) {
	fmt.Fprintf(w, "%s: tier %s, %s from %s to %s.\n", actorName(a.Kind, a.Value), a.Tier, count(a.Findings, "finding"), clock(a.FirstSeen), clock(a.LastSeen))
	for _, reason := range a.Reasons {
		fmt.Fprintf(w, "  %s\n", reason)
	}
	for _, id := range a.BlockIDs {
		fmt.Fprintf(w, "  block %s\n", id)
	}
	if len(a.Evidence) == 0 {
		return
	}
	t := newTable(w, "when", "tier", "score", "what", "rule")
	for _, f := range a.Evidence {
		t.AppendRow(table.Row{clock(f.Time), f.Tier, fmt.Sprintf("%.2f", f.Score), text.WrapSoft(whole(f.Title, f.Reason), 70), f.Rule})
	}
	t.Render()
}
