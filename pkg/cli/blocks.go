package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func blocksCommand() *cobra.Command {
	parent, r := group("blocks", "Operate the blocklist.")
	parent.AddCommand(blocksList(r), blocksAdd(r), blocksRemove(r), blocksWhy(r), blocksPreview(r))
	return parent
}

func blocksList(r remote) *cobra.Command {
	var f client.BlockFilter
	asJSON := false
	c := ask(r, "list", "List the live blocks.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		blocks, err := collect(api.Blocks(c.Context(), f))
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), blocks)
		}
		if len(blocks) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "Nobody is blocked.")
			return nil
		}
		t := newTable(c.OutOrStdout(), "id", "target", "segment", "mode", "ends in", "by", "reason")
		for _, b := range blocks {
			t.AppendRow(table.Row{b.ID, b.Target, b.Segment, b.Mode, left(b.ExpiresAt), b.By, text.WrapSoft(b.Reason, 50)})
		}
		t.Render()
		return nil
	})
	c.Flags().StringVar(&f.Segment, "segment", "", "Only this segment.")
	c.Flags().StringVar(&f.Target, "target", "", "Only blocks that overlap this address or prefix.")
	c.Flags().StringVar(&f.Mode, "mode", "", "Only enforce or shadow.")
	jsonFlag(c, &asJSON)
	return c
}

func blocksAdd(r remote) *cobra.Command {
	var req wire.BlockRequest
	var lifetime time.Duration
	var mode, key string
	asJSON := false
	c := ask(r, "add TARGET", "Block an address or a prefix.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		if err := req.Mode.UnmarshalText([]byte(mode)); err != nil {
			return command.Usage(fmt.Errorf("--mode: %w", err))
		}
		req.Target, req.LifetimeSeconds = args[0], int64(lifetime/time.Second)
		res, err := api.AddBlock(c.Context(), req, key)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), res)
		}
		printAdded(c.OutOrStdout(), res)
		return nil
	})
	c.Flags().DurationVar(&lifetime, "for", 4*time.Hour, "How long.")
	c.Flags().StringVar(&req.Reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().StringVar(&req.Segment, "segment", "", "Only gateways of this segment. Default: all.")
	c.Flags().StringVar(&mode, "mode", "enforce", "enforce or shadow.")
	c.Flags().StringVar(&key, "idempotency-key", "", "A repeated call with the same key does nothing more.")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "Ask the guard and change nothing.")
	jsonFlag(c, &asJSON)
	command.Require(c, "reason")
	return c
}

func printAdded(w io.Writer, res wire.BlockResult) {
	b := res.Block
	switch {
	case res.DryRun:
		fmt.Fprintf(w, "%s would be blocked%s until %s; nothing was changed.\n", b.Target, extent(b.Block), clock(b.ExpiresAt))
	case res.Created:
		fmt.Fprintf(w, "%s is blocked%s until %s, as %s.\n", b.Target, extent(b.Block), clock(b.ExpiresAt), b.ID)
	default:
		fmt.Fprintf(w, "%s was blocked%s already, as %s.\n", b.Target, extent(b.Block), b.ID)
	}
}

// extent tells where a block holds, if not everywhere, and that one in shadow
// refuses nothing.
func extent(b block.Block) string {
	what := ""
	if b.Segment != block.All {
		what = " in segment " + b.Segment
	}
	if b.Mode == block.Shadow {
		what += " in shadow (nothing is refused)"
	}
	return what
}

func blocksRemove(r remote) *cobra.Command {
	reason := ""
	c := ask(r, "remove ID|TARGET", "End a block. Evidence of before now does not bring it back.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		ids, err := blockIDs(c, api, args[0])
		if err != nil {
			return err
		}
		for _, id := range ids {
			b, err := api.RemoveBlock(c.Context(), id, reason)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is not blocked by %s any more.\n", b.Target, b.ID)
		}
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}

// blockIDs takes an id, or a target: then the blocks on exactly this target.
func blockIDs(c *cobra.Command, api *client.Client, arg string) ([]block.ID, error) {
	if id, err := block.ParseID(arg); err == nil {
		return []block.ID{id}, nil
	}
	target, err := block.ParseTarget(arg)
	if err != nil {
		return nil, command.Usage(fmt.Errorf("%q is neither a block's id nor an address or prefix", arg))
	}
	var ids []block.ID
	for b, err := range api.Blocks(c.Context(), client.BlockFilter{Target: arg}) {
		if err != nil {
			return nil, err
		}
		if b.Target == target {
			ids = append(ids, b.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s is not blocked by itself; `honeymoat blocks why %s` tells what covers it", target, target)
	}
	return ids, nil
}

func blocksWhy(r remote) *cobra.Command {
	asJSON := false
	c := ask(r, "why TARGET", "Tell what holds for an address or prefix, and on what evidence.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		why, err := api.Why(c.Context(), args[0])
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
	switch {
	case len(why.Blocks) > 0:
		for _, b := range why.Blocks {
			fmt.Fprintf(w, "%s is blocked%s by %s (on %s) until %s: %s. Asked for by %s. %s refused.\n",
				why.Target, extent(b.Block.Block), b.ID, b.Target, clock(b.ExpiresAt), b.Reason, b.By, count(b.Denied, "request"))
		}
	case why.Protected != "":
		fmt.Fprintf(w, "%s is not blocked, and cannot be: %s.\n", why.Target, why.Protected)
	default:
		fmt.Fprintf(w, "%s is not blocked.\n", why.Target)
	}
	for _, b := range why.Ended[:min(3, len(why.Ended))] {
		fmt.Fprintf(w, "Before: %s\n", ending(b))
	}
	if why.Actor != nil {
		fmt.Fprintf(w, "%s, tier %s: %s\n", count(why.Actor.Findings, "finding"), why.Actor.Tier, strings.Join(why.Actor.Reasons, "; "))
	}
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
	c := ask(r, "preview TARGET", "Tell what a block would have hit in the last day.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		p, err := api.Preview(c.Context(), args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), p)
		}
		w := c.OutOrStdout()
		fmt.Fprintf(w, "Since %s a block of %s would have hit %s (%d of them successful) of %s and %s.\n", clock(p.Since), p.Target,
			count(p.Requests, "request"), p.Successful, count(p.Clients, "client"), count(p.Principals, "logged-in user"))
		if len(p.Routes) == 0 {
			return nil
		}
		t := newTable(w, "host", "route", "requests", "successful")
		for _, route := range p.Routes[:min(most, len(p.Routes))] {
			t.AppendRow(table.Row{route.Host, route.Route, route.Requests, route.Successful})
		}
		t.Render()
		printRest(w, len(p.Routes), "--json lists all")
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}

func jsonFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "Print JSON.")
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func clock(t time.Time) string { return t.Local().Format(time.DateTime) }

func left(end time.Time) string { return max(0, time.Until(end)).Round(time.Second).String() }
