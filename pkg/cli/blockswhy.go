package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// askOf makes a child command that asks about a target.
func askOf(r remote, use, short string, run func(c *cobra.Command, api *client.Client, q wire.TargetRequest) error) *cobra.Command {
	c := ask(r, use, short, 1, nil)
	targets := addTargetFlags(c)
	c.Args = targets.optional
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		criteria, err := targets.criteria(args)
		if err != nil {
			return err
		}
		return run(c, api, wire.TargetRequest{Target: criteria})
	})
	return c
}

func blocksWhy(r remote) *cobra.Command {
	asJSON := false
	c := askOf(r, "why TARGET", "Tell what holds for a target, and on what evidence.", func(c *cobra.Command, api *client.Client, q wire.TargetRequest) error {
		why, err := api.Why(c.Context(), q)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), why)
		}
		printWhy(c.OutOrStdout(), why)
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}

func printWhy(w io.Writer, why wire.Why) {
	whole := slices.ContainsFunc(why.Blocks, func(b wire.WhyBlock) bool { return !b.Partly })
	for _, b := range why.Blocks {
		printWhyBlock(w, why.Target, b)
	}
	switch {
	case whole:
	case why.Protected != "":
		fmt.Fprintf(w, "%s is not blocked, and cannot be: %s.\n", why.Target, why.Protected)
	default:
		fmt.Fprintf(w, "%s is not blocked%s.\n", why.Target, asSuch(why.Blocks))
	}
	for _, b := range why.Ended[:min(3, len(why.Ended))] {
		fmt.Fprintf(w, "Before: %s\n", ending(b))
	}
	if why.Actor != nil {
		fmt.Fprintf(w, "%s, tier %s: %s\n", count(why.Actor.Findings, "finding"), why.Actor.Tier, strings.Join(why.Actor.Reasons, "; "))
	}
	printEvidence(w, why)
}

// asSuch tells that some of what a target matches is blocked nevertheless.
func asSuch(partly []wire.WhyBlock) string {
	if len(partly) > 0 {
		return " as such"
	}
	return ""
}

func printWhyBlock(w io.Writer, target wire.Criteria, b wire.WhyBlock) {
	subject := target.String() + " is"
	if b.Partly {
		subject = "Some requests of " + target.String() + " are"
	}
	fmt.Fprintf(w, "%s %s%s by %s (on %s) until %s: %s. Asked for by %s.", subject, done(b.Action), extent(b.Block.Block), b.ID, b.Target, clock(b.ExpiresAt), b.Reason, b.By)
	if b.ApprovedBy != "" {
		fmt.Fprintf(w, " Approved by %s.", b.ApprovedBy)
	}
	if b.Repeat > 0 {
		fmt.Fprintf(w, " It lasts longer for %s before it.", count(b.Repeat, "block"))
	}
	if b.Action != block.Allow {
		fmt.Fprintf(w, " %s refused.", count(b.Denied, "request"))
	}
	if b.Stage != "" {
		fmt.Fprintf(w, " Rollout of its rule: %s.", b.Stage)
	}
	fmt.Fprintln(w)
}

func printEvidence(w io.Writer, why wire.Why) {
	if len(why.Evidence) == 0 {
		return
	}
	t := newTable(w, "when", "what", "request", "seen by")
	for _, f := range why.Evidence {
		s := f.Sighting
		place := cmp.Or(s.File, s.Gateway)
		if s.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, s.Line)
		}
		t.AppendRow(table.Row{clock(f.Time), f.Title, s.Method + " " + s.Path, fmt.Sprintf("%s (%s)", s.Via, place)})
	}
	t.Render()
	if len(why.Blocks) > 0 || why.Protected != "" {
		return
	}
	for _, reason := range withoutBlock(why.Evidence) {
		fmt.Fprintf(w, "No block was asked for: %s.\n", reason)
	}
}

// withoutBlock gives the reasons of findings that ask for no block.
func withoutBlock(evidence []finding.Finding) []string {
	var reasons []string
	for _, f := range evidence {
		if f.Wanted.LifetimeSeconds == 0 && !slices.Contains(reasons, f.Reason) {
			reasons = append(reasons, f.Reason)
		}
	}
	return reasons
}

// ending tells how a block came to its end, and by whom.
func ending(b wire.EndedBlock) string {
	s := fmt.Sprintf("%s (on %s, by %s) %s %s", b.ID, b.Target, b.By, b.Ended.How, clock(b.Ended.At))
	if b.Ended.By != "" {
		s += " by " + b.Ended.By
	}
	if b.Ended.Reason != "" {
		s += ": " + b.Ended.Reason
	}
	return s + ". " + count(b.Denied, "request") + " refused."
}

func blocksPreview(r remote) *cobra.Command {
	asJSON := false
	c := askOf(r, "preview TARGET", "Tell what a block would have hit in the last day.", func(c *cobra.Command, api *client.Client, q wire.TargetRequest) error {
		p, err := api.Preview(c.Context(), q)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), p)
		}
		printPreview(c.OutOrStdout(), p)
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}

func printPreview(w io.Writer, p wire.Preview) {
	fmt.Fprintf(w, "Since %s a block of %s would have hit %s (%d of them successful) of %s and %s.\n", clock(p.Since), p.Target,
		count(p.Requests, "request"), p.Successful, count(p.Clients, "client"), count(p.Principals, "logged-in user"))
	if len(p.Routes) == 0 {
		return
	}
	t := newTable(w, "host", "route", "requests", "successful")
	for _, route := range p.Routes[:min(most, len(p.Routes))] {
		t.AppendRow(table.Row{route.Host, route.Route, route.Requests, route.Successful})
	}
	t.Render()
	printRest(w, len(p.Routes), "--json lists all")
}
