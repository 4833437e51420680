package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func blocksCommand() *cobra.Command {
	parent, r := group("blocks", "Operate the blocklist.")
	parent.AddCommand(
		blocksList(r), blocksAdd(r), blocksRemove(r), blocksWhy(r), blocksPreview(r), blocksImport(r), blocksUndo(r),
		blocksApprovals(r), blocksApprove(r), blocksReject(r), blocksBreaker(r), blocksResume(r), blocksComplain(r),
	)
	return parent
}

func blocksList(r remote) *cobra.Command {
	var f client.BlockFilter
	c := listCommand(r, listing[wire.Block]{
		short: "List the live blocks and exemptions.", print: printBlocks,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Block, error] {
			return api.Blocks(c.Context(), f)
		},
	})
	c.Flags().StringVar(&f.Segment, "segment", "", "Only this segment.")
	c.Flags().StringVar(&f.Target, "target", "", "Only blocks that overlap this address or prefix, or that ask for this SCOPE:VALUE.")
	c.Flags().StringVar(&f.Scope, "scope", "", "Only this scope; all for those of several.")
	c.Flags().StringVar(&f.Action, "action", "", "Only this action; allow for exemptions.")
	c.Flags().StringVar(&f.Mode, "mode", "", "Only enforce, shadow or canary.")
	c.Flags().StringVar(&f.Rule, "rule", "", "Only those that this rule asked for.")
	c.Flags().StringVar(&f.By, "by", "", "Only those of token:NAME, rule:ID or agent:NAME.")
	c.Flags().StringVar(&f.Batch, "batch", "", "Only those of this batch.")
	return c
}

func printBlocks(w io.Writer, blocks []wire.Block) {
	if len(blocks) == 0 {
		fmt.Fprintln(w, "Nobody is blocked.")
		return
	}
	t := newTable(w, "id", "target", "action", "segment", "mode", "ends in", "by", "reason")
	for _, b := range blocks {
		t.AppendRow(table.Row{
			b.ID, text.WrapSoft(b.Target.String(), 60), actionText(b.Block), b.Segment, modeText(b.Block), left(b.ExpiresAt), b.By, text.WrapSoft(b.Reason, 50),
		})
	}
	t.Render()
}

// actionText is a block's action with what matters of its terms.
func actionText(b block.Block) string {
	s := b.Action.String()
	switch {
	case b.Terms == nil:
	case b.Action == block.Throttle:
		s += fmt.Sprintf(" %g/s", b.Terms.Rate)
		if b.Terms.Each {
			s += " each"
		}
	case b.Action == block.Flag && b.Terms.Header != "":
		s += " " + b.Terms.Header
	case b.Terms.Status != 0:
		s += fmt.Sprintf(" %d", b.Terms.Status)
	}
	return s
}

func modeText(b block.Block) string {
	if b.Mode == block.Canary {
		return fmt.Sprintf("%s %d %%", b.Mode, b.Percent)
	}
	return b.Mode.String()
}

func blocksRemove(r remote) *cobra.Command {
	reason, exemption := "", false
	c := ask(r, "remove ID|TARGET", "End a block. Evidence of before now does not bring it back.", 1, nil)
	targets := addTargetFlags(c)
	c.Args = targets.optional
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		ids, err := blockIDs(c.Context(), api, targets, args, exemption)
		if err != nil {
			return err
		}
		for _, id := range ids {
			b, err := api.RemoveBlock(c.Context(), id, reason)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is not %s by %s any more.\n", b.Target, done(b.Action), b.ID)
		}
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().BoolVar(&exemption, "exemption", false, "End the exemption of TARGET, not the block on it.")
	command.Require(c, "reason")
	return c
}

// blockIDs takes an id, or a target: then the blocks on exactly this target,
// or its exemptions.
func blockIDs(ctx context.Context, api *client.Client, targets targetFlags, args []string, exemption bool) ([]block.ID, error) {
	if len(args) > 0 {
		if id, err := block.ParseID(args[0]); err == nil {
			return []block.ID{id}, nil
		}
	}
	criteria, err := targets.criteria(args)
	if err != nil {
		return nil, command.Usage(fmt.Errorf("neither a block's id nor a target: %w", err))
	}
	why, err := api.Why(ctx, wire.TargetRequest{Target: criteria})
	if err != nil {
		return nil, err
	}
	var ids []block.ID
	others := false
	for _, b := range why.Blocks {
		switch {
		case b.Partly || len(b.Target.Criteria()) != len(criteria) || !sameWidth(b.Target, criteria):
		case (b.Action == block.Allow) == exemption:
			ids = append(ids, b.ID)
		default:
			others = true
		}
	}
	switch {
	case len(ids) > 0:
		return ids, nil
	case others && exemption:
		return nil, fmt.Errorf("%s is not exempt but blocked; without --exemption the block ends", criteria)
	case others:
		return nil, fmt.Errorf("%s is not blocked but exempt; --exemption ends that", criteria)
	case exemption:
		return nil, fmt.Errorf("%s is not exempt by itself; `honeymoat blocks why` tells what covers it", criteria)
	default:
		return nil, fmt.Errorf("%s is not blocked by itself; `honeymoat blocks why` tells what covers it", criteria)
	}
}

// sameWidth tells whether a target that covers criteria asks for no more
// addresses than they do.
func sameWidth(t block.Target, criteria wire.Criteria) bool {
	for _, c := range criteria {
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			own, err := block.NewTarget(c)
			return err == nil && own.Prefix() == t.Prefix()
		}
	}
	return true
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
