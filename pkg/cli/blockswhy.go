package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// showTarget makes a child command that asks about a target and prints what is
// known.
func showTarget[T any](r remote, use, short string, get func(c *cobra.Command, api *client.Client, q wire.TargetRequest) (T, error), print func(io.Writer, T)) *cobra.Command {
	var targets targetFlags
	c := showCommand(r, use, short, 1, func(c *cobra.Command, api *client.Client, args []string) (T, error) {
		criteria, err := targets.criteria(args)
		if err != nil {
			var none T
			return none, err
		}
		return get(c, api, wire.TargetRequest{Target: criteria})
	}, print)
	targets = addTargetFlags(c)
	c.Args = targets.optional
	return c
}

func blocksWhy(r remote) *cobra.Command {
	return showTarget(r, "why TARGET", "Tell what holds for a target, since when, until when, by whom, on what evidence, and how to undo it.",
		func(c *cobra.Command, api *client.Client, q wire.TargetRequest) (wire.Why, error) {
			return api.Why(c.Context(), q)
		}, printWhy)
}

func printWhy(w io.Writer, why wire.Why) {
	whole := slices.ContainsFunc(why.Blocks, func(b wire.WhyBlock) bool { return !b.Partly })
	for _, b := range why.Blocks {
		printWhyBlock(w, why, b)
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
		fmt.Fprintf(w, "%s, tier %s: %s. Why: honeymoat tiers explain %s\n", count(why.Actor.Findings, "finding"), why.Actor.Tier, strings.Join(why.Actor.Reasons, "; "),
			actorName(why.Actor.Kind, why.Actor.Value))
	}
	printEvidence(w, why)
	for _, u := range why.Unmade {
		printUnmade(w, u)
	}
}

// asSuch tells that some of what a target matches is blocked nevertheless.
func asSuch(partly []wire.WhyBlock) string {
	if len(partly) > 0 {
		return " as such"
	}
	return ""
}

func printWhyBlock(w io.Writer, why wire.Why, b wire.WhyBlock) {
	fmt.Fprintf(w, "%s %s%s by %s (on %s) since %s until %s: %s. Asked for by %s.", subjectOf(why, b), done(b.Action), extent(b.Block.Block), b.ID, b.Target,
		clock(b.CreatedAt), clock(b.ExpiresAt), b.Reason, b.By)
	if b.ApprovedBy != "" {
		fmt.Fprintf(w, " Approved by %s.", b.ApprovedBy)
	}
	if b.Repeat > 0 {
		fmt.Fprintf(w, " It lasts longer for %s before it.", count(b.Repeat, "block"))
	}
	if b.Action != block.Allow {
		fmt.Fprintf(w, " %s.", refusedText(b.Denied, b.ToldByGateways))
	}
	if b.Stage != "" {
		fmt.Fprintf(w, " Rollout of its rule: %s.", b.Stage)
	}
	fmt.Fprintln(w)
	printUndo(w, b.Block.Block)
}

// subjectOf tells who is under a block: all of the target, some of it, or
// nobody, because an exemption wins over it.
func subjectOf(why wire.Why, b wire.WhyBlock) string {
	switch {
	case b.Action != block.Allow && slices.ContainsFunc(why.Blocks, func(e wire.WhyBlock) bool { return frees(e, b) }):
		return "But for its exemption " + why.Target.String() + " would be"
	case b.Partly:
		return "Some requests of " + why.Target.String() + " are"
	}
	return why.Target.String() + " is"
}

// frees tells whether an exemption lets everybody pass that a block is about,
// wherever it holds.
func frees(exemption, b wire.WhyBlock) bool {
	return exemption.Action == block.Allow && exemption.Mode == block.Enforce && !exemption.Partly &&
		(exemption.Segment == block.All || exemption.Segment == b.Segment)
}

// printUndo tells how a block ends, and what else was made with it.
func printUndo(w io.Writer, b block.Block) {
	fmt.Fprintf(w, "  To end it: honeymoat blocks remove %s --reason …\n", b.ID)
	if b.Batch != "" {
		fmt.Fprintf(w, "  To end all of its batch: honeymoat blocks undo %s --reason …\n", b.Batch)
	}
}

func printEvidence(w io.Writer, why wire.Why) {
	if len(why.Evidence) == 0 {
		return
	}
	t := newTable(w, "when", "what", "request", "seen by")
	for _, f := range why.Evidence {
		t.AppendRow(table.Row{clock(f.Time), text.WrapSoft(f.Title, 60), f.Sighting.Method + " " + f.Sighting.Path, placeOf(f.Sighting)})
	}
	t.Render()
	if len(why.Blocks) > 0 || why.Protected != "" {
		return
	}
	for _, reason := range withoutBlock(why.Evidence) {
		fmt.Fprintf(w, "No block was asked for: %s.\n", reason)
	}
	if len(why.Unmade) == 0 && askedInVain(why) {
		fmt.Fprintf(w, "A block was asked for and is not in force: the guard refused it, rules asked for more than blocks.*_per_minute, or it waits (honeymoat blocks approvals).\n"+
			"  What the guard says now: honeymoat blocks add %s --reason … --dry-run\n", why.Target)
	}
}

// printUnmade tells why a block was never made, and what to do.
func printUnmade(w io.Writer, u wire.UnmadeBlock) {
	what := "A block"
	if u.Target != nil {
		what = fmt.Sprintf("A block (%s) of %s", u.Action, u.Target)
	}
	fmt.Fprintf(w, "%s that %s asked for at %s (finding %s) was not made: %s", what, u.AskedBy, clock(u.FoundAt), u.Finding, u.Reason)
	if u.Rule != "" {
		fmt.Fprintf(w, " (the guard's rule %s)", u.Rule)
	}
	fmt.Fprint(w, ".")
	if u.Times > 1 {
		fmt.Fprintf(w, " So it was %d times since %s.", u.Times, clock(u.Since))
	}
	switch {
	case u.Approval != "":
		fmt.Fprintf(w, " It waits for a person: honeymoat blocks approve %s --reason …, or reject.", u.Approval)
	case u.Hint != "":
		fmt.Fprintf(w, " What to do: %s.", u.Hint)
	}
	fmt.Fprintln(w)
}

// askedInVain tells whether the latest evidence asks for a block that would
// live still, and never came.
func askedInVain(why wire.Why) bool {
	latest := why.Evidence[len(why.Evidence)-1]
	if len(why.Discarded) > 0 || time.Since(latest.Time) >= time.Duration(latest.Wanted.LifetimeSeconds)*time.Second {
		return false
	}
	return !slices.ContainsFunc(why.Ended, func(b wire.EndedBlock) bool { return b.Ended.At.After(latest.Time) })
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
	return s + ". " + refusedText(b.Denied, b.ToldByGateways) + "."
}

// refusedText tells how often a block was hit. What logs tell and what gateways
// tell are in part the same, so they stand beside each other.
func refusedText(logs, gateways uint64) string {
	text := count(logs, "request") + " refused"
	if gateways > 0 {
		text += fmt.Sprintf(" as logs tell, %d as gateways tell", gateways)
	}
	return text
}

func blocksPreview(r remote) *cobra.Command {
	return showTarget(r, "preview TARGET", "Tell what a block would have hit in the last day.",
		func(c *cobra.Command, api *client.Client, q wire.TargetRequest) (wire.Preview, error) {
			return api.Preview(c.Context(), q)
		}, printPreview)
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
