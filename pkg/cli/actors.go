package cli

import (
	"fmt"
	"io"
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

// askActor makes a child command that asks about one actor.
func askActor(r remote, use, short string, run func(c *cobra.Command, api *client.Client, a finding.Actor) error) *cobra.Command {
	return ask(r, use+" ACTOR", short, 1, func(c *cobra.Command, api *client.Client, args []string) error {
		a, err := finding.ParseActor(args[0])
		if err != nil {
			return command.Usage(err)
		}
		return run(c, api, a)
	})
}

func actorsList(r remote) *cobra.Command {
	kind, least, asJSON := "", "", false
	c := ask(r, "list", "List the actors of whom there is evidence, the most urgent first.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		keep, err := actorFilter(kind, least)
		if err != nil {
			return command.Usage(err)
		}
		list, err := collect(api.Actors(c.Context()))
		if err != nil {
			return err
		}
		kept := []wire.Actor{}
		for _, a := range list {
			if keep(a) {
				kept = append(kept, a)
			}
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), kept)
		}
		printActors(c.OutOrStdout(), kept)
		return nil
	})
	c.Flags().StringVar(&kind, "kind", "", "Only this kind: address, prefix, user …")
	c.Flags().StringVar(&least, "tier", "", "Only this tier and the more urgent ones: log, notify or page.")
	jsonFlag(c, &asJSON)
	return c
}

// actorFilter reads the flags of a list.
func actorFilter(kind, least string) (func(wire.Actor) bool, error) {
	if kind != "" {
		if _, err := finding.ParseActorKind(kind); err != nil {
			return nil, fmt.Errorf("--kind: %w", err)
		}
	}
	var tier finding.Tier
	if least != "" {
		var err error
		if tier, err = finding.ParseTier(least); err != nil {
			return nil, fmt.Errorf("--tier: %w", err)
		}
	}
	return func(a wire.Actor) bool {
		has, err := finding.ParseTier(a.Tier)
		return (kind == "" || string(a.Kind) == kind) && (tier == 0 || err == nil && has >= tier)
	}, nil
}

func printActors(w io.Writer, actors []wire.Actor) {
	if len(actors) == 0 {
		fmt.Fprintln(w, "Nothing was found yet.")
		return
	}
	t := newTable(w, "who", "tier", "findings", "last seen", "blocks", "because")
	for _, a := range actors[:min(most, len(actors))] {
		because := a.Reasons[:min(3, len(a.Reasons))]
		if rest := len(a.Reasons) - len(because); rest > 0 {
			because = append(slices.Clone(because), fmt.Sprintf("and %d more", rest))
		}
		t.AppendRow(table.Row{actorName(a.Kind, a.Value), a.Tier, a.Findings, clock(a.LastSeen), len(a.BlockIDs), strings.Join(because, "\n")})
	}
	t.Render()
	printRest(w, len(actors), "honeymoat actors list --json has all")
}

// actorName is an actor as commands take it: addresses need no kind.
func actorName(kind finding.ActorKind, value string) string {
	if kind == finding.Address || kind == finding.Prefix {
		return value
	}
	return finding.Actor{Kind: kind, Value: value}.String()
}

func actorsShow(r remote) *cobra.Command {
	asJSON := false
	c := askActor(r, "show", "Show an actor with the latest evidence.", func(c *cobra.Command, api *client.Client, a finding.Actor) error {
		actor, err := api.Actor(c.Context(), a)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), actor)
		}
		printActor(c.OutOrStdout(), actor)
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
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
	t := newTable(w, "when", "rule", "tier", "score", "what")
	for _, f := range a.Evidence {
		t.AppendRow(table.Row{clock(f.Time), f.Rule, f.Tier, fmt.Sprintf("%.2f", f.Score), text.WrapSoft(f.Title+": "+f.Reason, 70)})
	}
	t.Render()
}
