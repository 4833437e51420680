package cli

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// specFlags are how a command line tells what a block is to be.
type specFlags struct {
	action, mode, lifetime string
	terms                  block.Terms
	percent                uint8
	spec                   wire.BlockSpec
}

func addSpecFlags(c *cobra.Command) *specFlags {
	f := &specFlags{}
	c.Flags().StringVar(&f.lifetime, "ttl", "4h", "How long: 90s, 4h, 7d.")
	c.Flags().StringVar(&f.lifetime, "for", "4h", "The same as --ttl.")
	c.Flags().StringVar(&f.spec.Reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().StringVar(&f.spec.Segment, "segment", "", "Only gateways of this segment. Default: all.")
	c.Flags().StringVar(&f.action, "action", "deny", strings.Join(block.ActionNames(), ", ")+". allow makes an exemption.")
	c.Flags().IntVar(&f.terms.Status, "status", 0, "deny, throttle: status of the answer. Default: 403, 429.")
	c.Flags().StringVar(&f.terms.Body, "body", "", "deny, throttle: body of the answer, text or JSON.")
	c.Flags().StringVar(&f.terms.Header, "header", "", "flag: header to the backend. Default: "+block.FlagHeader+".")
	c.Flags().StringVar(&f.terms.Value, "value", "", "flag: its value. Default: the block's id.")
	c.Flags().Float64Var(&f.terms.Rate, "rate", 0, "throttle: requests a second that pass.")
	c.Flags().IntVar(&f.terms.Burst, "burst", 0, "throttle: requests that pass at once. Default: the rate.")
	c.Flags().BoolVar(&f.terms.Each, "each", false, "throttle: so many of every client that matches, not of all together.")
	c.Flags().StringVar(&f.mode, "mode", "enforce", "enforce, shadow (record what would happen) or canary (act on --percent of the clients).")
	c.Flags().Uint8Var(&f.percent, "percent", 0, "canary: of the clients, 1 to 99.")
	c.MarkFlagsMutuallyExclusive("ttl", "for")
	command.Require(c, "reason")
	return f
}

// read gives what the flags say.
func (f *specFlags) read() (wire.BlockSpec, error) {
	s := f.spec
	s.Action, s.Mode, s.Percent = new(block.Action), new(block.Mode), f.percent
	if err := s.Action.UnmarshalText([]byte(f.action)); err != nil {
		return s, command.Usage(fmt.Errorf("--action: %w", err))
	}
	if err := s.Mode.UnmarshalText([]byte(f.mode)); err != nil {
		return s, command.Usage(fmt.Errorf("--mode: %w", err))
	}
	if *s.Mode == block.Canary && (f.percent < 1 || f.percent > 99) {
		return s, command.Usage(errors.New("--mode canary: want --percent 1 to 99 with it"))
	}
	var err error
	if s.LifetimeSeconds, err = parseLifetime(f.lifetime); err != nil || s.LifetimeSeconds < 1 {
		return s, command.Usage(fmt.Errorf("--ttl %s: want a time such as 90s, 4h or 7d", f.lifetime))
	}
	if f.terms != (block.Terms{}) {
		terms := f.terms
		s.Terms = &terms
	}
	return s, nil
}

// callFlags are how a command line tells how a change is asked for.
type callFlags struct {
	wait    bool
	timeout time.Duration
	key     string
}

func addWaitFlags(c *cobra.Command) *callFlags {
	f := &callFlags{}
	c.Flags().BoolVar(&f.wait, "wait", false, "Wait until every connected agent enforces it, and tell how long each took.")
	c.Flags().DurationVar(&f.timeout, "timeout", 5*time.Second, "For how long, with --wait: at most 25s.")
	return f
}

func addCallFlags(c *cobra.Command) *callFlags {
	f := addWaitFlags(c)
	c.Flags().StringVar(&f.key, "idempotency-key", "", "A repeated call with the same key does nothing more.")
	return f
}

func (f *callFlags) call() client.Call {
	if !f.wait {
		return client.Call{Key: f.key}
	}
	return client.Call{Key: f.key, Wait: f.timeout}
}

func blocksAdd(r remote) *cobra.Command {
	asJSON, dryRun := false, false
	var except []string
	c := ask(r, "add TARGET", "Block an address, a prefix or SCOPE:VALUE, or what meets several of them: 'user:alice & route:POST /login'.", 1, nil)
	targets, spec, how := addTargetFlags(c), addSpecFlags(c), addCallFlags(c)
	c.Args = targets.optional
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		req := wire.BlockRequest{DryRun: dryRun}
		var err error
		if req.Target, err = targets.criteria(args); err != nil {
			return err
		}
		if req.BlockSpec, err = spec.read(); err != nil {
			return err
		}
		if *req.Action == block.Throttle && spec.terms.Rate <= 0 {
			return command.Usage(errors.New("--action throttle: want --rate with it, the requests a second that pass"))
		}
		if len(except) > 0 {
			return addAround(c, api, req, except, how.call(), asJSON)
		}
		res, err := api.AddBlock(c.Context(), req, how.call())
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(c.OutOrStdout(), res)
		} else {
			printAdded(c.OutOrStdout(), res)
		}
		return errorOr(err, unenforced(res.Propagation))
	})
	c.Flags().BoolVar(&dryRun, "dry-run", false, "Ask the guard what would come of it, and change nothing.")
	c.Flags().StringArrayVar(&except, "except", nil, "Leave this address or prefix out of TARGET: what is left of it is blocked as one batch. May be given again.")
	jsonFlag(c, &asJSON)
	return c
}

// addAround asks for what is left of a target without some of its addresses.
func addAround(c *cobra.Command, api *client.Client, req wire.BlockRequest, except []string, how client.Call, asJSON bool) error {
	items, err := partsOf(req.Target, except)
	if err != nil {
		return command.Usage(err)
	}
	res, err := api.AddBlocks(c.Context(), wire.BulkRequest{BlockSpec: req.BlockSpec, DryRun: req.DryRun, Items: items}, how)
	if err != nil {
		return err
	}
	made := imported{res, items}
	if asJSON {
		err = printJSON(c.OutOrStdout(), res)
	} else {
		fmt.Fprintf(c.OutOrStdout(), "Around %s: ", strings.Join(except, ", "))
		printImported(c.OutOrStdout(), made)
	}
	return errorOr(err, importFailed([]imported{made}))
}

// partsOf gives what is left of a target without some of its addresses.
func partsOf(target wire.Criteria, except []string) ([]wire.BulkItem, error) {
	at := slices.IndexFunc(target, func(c block.Criterion) bool { return c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix })
	if at < 0 {
		return nil, fmt.Errorf("--except: there is no address in %s to be left out", target)
	}
	whole, err := block.NewTarget(target[at])
	if err != nil {
		return nil, err
	}
	var free []netip.Prefix
	for _, text := range except {
		t, err := block.ParseTarget(text)
		if err != nil || !t.Plain() {
			return nil, fmt.Errorf("--except %s: want an address or a prefix", text)
		}
		free = append(free, t.Prefix())
	}
	var items []wire.BulkItem
	for _, p := range block.Around(whole.Prefix(), block.NewAllowlist(free)) {
		part := slices.Clone(target)
		part[at] = block.PrefixTarget(p).Criteria()[0]
		items = append(items, wire.BulkItem{Target: part})
	}
	if len(items) == 0 || len(items) > wire.MaxBulk {
		return nil, fmt.Errorf("--except: %d targets are left of %s: want 1 to %d", len(items), target, wire.MaxBulk)
	}
	return items, nil
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// done is what a block has done to somebody.
func done(a block.Action) string {
	switch a {
	case block.Flag:
		return "flagged"
	case block.Throttle:
		return "throttled"
	case block.Divert:
		return "diverted"
	case block.Allow:
		return "exempt"
	default:
		return "blocked"
	}
}

func printAdded(w io.Writer, res wire.BlockResult) {
	b, deed := res.Block, done(res.Block.Action)
	switch {
	case res.DryRun && res.AlreadyWaiting:
		fmt.Fprintf(w, "%s would not be %s yet: the same waits already, asked for by %s at %s; nothing was changed.\n", b.Target, deed, res.Approval.By, clock(res.Approval.At))
	case res.DryRun && res.Approval != nil:
		fmt.Fprintf(w, "%s would wait for a second person, and then be %s%s for %s; nothing was changed.\n", b.Target, deed, extent(b.Block), brief(b.Lifetime()))
	case res.DryRun:
		fmt.Fprintf(w, "%s would be %s%s until %s; nothing was changed.\n", b.Target, deed, extent(b.Block), clock(b.ExpiresAt))
	case res.AlreadyWaiting:
		fmt.Fprintf(w, "%s is not %s yet: the same waits already, asked for by %s at %s, until %s.\n", b.Target, deed, res.Approval.By, clock(res.Approval.At), clock(res.Approval.ExpiresAt))
	case res.Approval != nil:
		fmt.Fprintf(w, "%s is not %s yet: it waits for a second person, until %s.\n", b.Target, deed, clock(res.Approval.ExpiresAt))
	case res.Created:
		fmt.Fprintf(w, "%s is %s%s until %s, as %s.\n", b.Target, deed, extent(b.Block), clock(b.ExpiresAt), b.ID)
	default:
		fmt.Fprintf(w, "%s was %s%s already, as %s.\n", b.Target, deed, extent(b.Block), b.ID)
	}
	printGuard(w, res.Guard)
	printWaiting(w, res.Approval)
	printPropagation(w, res.Propagation)
}

// printGuard tells what the guard says of a block that it does not refuse.
func printGuard(w io.Writer, g wire.Ruling) {
	if g.Reason != "" {
		fmt.Fprintf(w, "The guard (%s): %s. What to do: %s.\n", g.Rule, g.Reason, g.Hint)
	}
	for _, warning := range g.Warnings {
		fmt.Fprintf(w, "Note: %s.\n", warning)
	}
	if d := g.LastDay; d != nil && d.Requests > 0 {
		fmt.Fprintf(w, "In the last day it sent %s, %d of them successful, of %s.\n", count(d.Requests, "request"), d.Successful, count(d.Principals, "logged-in user"))
	}
}

// printWaiting tells who may approve, and how.
func printWaiting(w io.Writer, a *wire.Approval) {
	if a != nil && a.ID != "" {
		fmt.Fprintf(w, "Somebody other than %s may approve it: honeymoat blocks approve %s --revision %s --reason …\n", a.By, a.ID, a.Revision)
	}
}

// extent tells where a block holds, if not everywhere, and for whom.
func extent(b block.Block) string {
	what := ""
	if b.Segment != block.All {
		what = " in segment " + b.Segment
	}
	switch b.Mode {
	case block.Shadow:
		what += " in shadow (nothing is refused)"
	case block.Canary:
		what += fmt.Sprintf(" for %d %% of the clients", b.Percent)
	}
	return what
}

// printPropagation tells which agents enforce what was asked for.
func printPropagation(w io.Writer, p *wire.Propagation) {
	if p == nil {
		return
	}
	if len(p.Agents) == 0 {
		fmt.Fprintln(w, "No agent of the segment is connected; each gets it when it is.")
		return
	}
	t := newTable(w, "agent", "enforced", "after")
	for _, a := range p.Agents {
		t.AppendRow(table.Row{a.Agent, yes(a.Enforced), fmt.Sprintf("%.1f ms", a.Millis) + lastBy(a.Via)})
	}
	t.Render()
}

// lastBy names the way that took longest, if there are several.
func lastBy(via string) string {
	if via == "" {
		return ""
	}
	return ", last by " + via
}

// unenforced is the error of a change that was waited for in vain.
func unenforced(p *wire.Propagation) error {
	if p == nil || p.Enforced {
		return nil
	}
	var late []string
	for _, a := range p.Agents {
		if !a.Enforced {
			late = append(late, a.Agent)
		}
	}
	return fmt.Errorf("not enforced in time by %s; it is made, and they get it when they can (honeymoat agents list tells how they do)", strings.Join(late, ", "))
}
