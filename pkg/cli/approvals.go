package cli

import (
	"fmt"
	"io"
	"iter"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func blocksApprovals(r remote) *cobra.Command {
	return listCommand(r, listing[wire.Approval]{
		use: "approvals", short: "List the blocks that wait for a person: those of rules, and what another person asked for.", print: printApprovals,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Approval, error] {
			return api.Approvals(c.Context())
		},
	})
}

func printApprovals(w io.Writer, list []wire.Approval) {
	if len(list) == 0 {
		fmt.Fprintln(w, "Nothing waits for a person.")
		return
	}
	t := newTable(w, "id", "revision", "target", "action", "asked for by", "ends in", "reason", "why it waits")
	for _, a := range list {
		b := a.Blocks[0]
		target := b.Target.String()
		if a.Count > 1 {
			target += fmt.Sprintf(" and %d more", a.Count-1)
		}
		t.AppendRow(table.Row{
			a.ID, a.Revision, text.WrapSoft(target, 50), actionText(b.Block), asker(a), left(a.ExpiresAt), text.WrapSoft(a.Reason, 40), text.WrapSoft(a.Guard.Reason, 50),
		})
	}
	t.Render()
	fmt.Fprintln(w, "Whoever did not ask for it may approve it: honeymoat blocks approve ID --revision REVISION --reason …, or reject.")
}

// asker tells who asked for what waits: a person, or a rule and how urgently.
func asker(a wire.Approval) string {
	if a.Findings == 0 {
		return a.By
	}
	return fmt.Sprintf("%s (%s, %s)", a.By, a.Tier, count(a.Findings, "finding"))
}

func blocksApprove(r remote) *cobra.Command {
	var yes wire.Approving
	asJSON := false
	c := ask(r, "approve ID", "Make what waits for a person: what a rule or somebody else has asked for.", 1, nil)
	how := addWaitFlags(c)
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		waiting, err := api.Approval(c.Context(), args[0])
		if err != nil {
			return err
		}
		if yes.Revision == "" {
			yes.Revision = waiting.Revision
		}
		if !asJSON && yes.Revision == waiting.Revision {
			printWaits(c.OutOrStdout(), waiting)
		}
		res, err := api.Approve(c.Context(), args[0], yes, how.call())
		if err != nil {
			return err
		}
		if asJSON {
			return errorOr(printJSON(c.OutOrStdout(), res), unenforced(res.Propagation))
		}
		return errorOr(printApproved(c.OutOrStdout(), waiting, res), unenforced(res.Propagation))
	})
	c.Flags().StringVar(&yes.Reason, "reason", "", "Why. Somebody will ask.")
	c.Flags().StringVar(&yes.Revision, "revision", "", "What was looked at, as blocks approvals or the alert tells it: nothing is made if it has grown since. Default: what it is now, which is shown.")
	jsonFlag(c, &asJSON)
	command.Require(c, "reason")
	return c
}

// printWaits tells what is about to be approved.
func printWaits(w io.Writer, a wire.Approval) {
	b := a.Blocks[0]
	what := fmt.Sprintf("%s for %s on %s%s", actionText(b.Block), brief(b.Lifetime()), b.Target, extent(b.Block))
	if a.Count > 1 {
		what += fmt.Sprintf(" and %d more", a.Count-1)
	}
	fmt.Fprintf(w, "Revision %s: %s, asked for by %s: %s.\n", a.Revision, what, asker(a), a.Reason)
	printGuard(w, wire.Ruling{LastDay: a.Guard.LastDay})
}

// printApproved tells what was made; the error tells what could not be.
func printApproved(w io.Writer, a wire.Approval, res wire.BulkResult) error {
	var asked []wire.BulkItem
	for _, b := range a.Blocks {
		asked = append(asked, wire.BulkItem{Target: wire.OfTarget(b.Target)})
	}
	if len(asked) != len(res.Items) { // it has changed meanwhile
		asked = make([]wire.BulkItem, len(res.Items))
	}
	for i, o := range res.Items {
		if o.Outcome == wire.OutcomeMade && i < most {
			fmt.Fprintf(w, "%s is %s, as %s.\n", asked[i].Target, done(a.Blocks[0].Action), o.BlockID)
		}
	}
	made := imported{res, asked}
	printRest(w, res.Counts[wire.OutcomeMade], "--json has all")
	printOutcomes(w, made)
	printPropagation(w, res.Propagation)
	return importFailed([]imported{made})
}

func blocksReject(r remote) *cobra.Command {
	reason := ""
	c := ask(r, "reject ID", "Drop what waits for a person. Whoever asked for it may too.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		a, err := api.Reject(c.Context(), args[0], reason)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s that %s asked for will not be made.\n", count(a.Count, "block"), a.By)
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}

func blocksBreaker(r remote) *cobra.Command {
	return showCommand(r, "breaker", "Tell whether automatic blocking is held after a storm of blocks.", 0,
		func(c *cobra.Command, api *client.Client, _ []string) (wire.Breaker, error) {
			return api.Breaker(c.Context())
		}, printBreaker)
}

func printBreaker(w io.Writer, b wire.Breaker) {
	limit := "no limit"
	if b.Limit >= 0 {
		limit = fmt.Sprintf("held at more than %d", b.Limit)
	}
	if !b.Held {
		fmt.Fprintf(w, "Automatic blocking goes on: rules asked for %s in the last minute (%s).\n", count(b.Asked, "block"), limit)
		return
	}
	fmt.Fprintf(w, "Automatic blocking is held since %s: %s.\nFindings and alerts go on; what rules ask for is recorded in shadow.\n", clock(b.Since), b.Reason)
	fmt.Fprintln(w, "If this is an attack and no mistake: honeymoat blocks resume --reason …")
}

func blocksResume(r remote) *cobra.Command {
	reason := ""
	c := ask(r, "resume", "Let rules block again after a storm of blocks.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		b, err := api.Resume(c.Context(), reason)
		if err != nil {
			return err
		}
		printBreaker(c.OutOrStdout(), b)
		fmt.Fprintln(c.OutOrStdout(), "What was recorded in shadow meanwhile comes into force when its actor is found again.")
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}

func blocksComplain(r remote) *cobra.Command {
	var q wire.Complaint
	c := ask(r, "complain", "Tell that a block hit the wrong one: it counts against the rollout of its rule.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		told, err := api.Complain(c.Context(), q)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "The complaint about %s (on %s, by %s) is on record.", told.Block.ID, told.Block.Target, told.Block.By)
		if told.Rollout {
			fmt.Fprintf(c.OutOrStdout(), " It counts in the rollout of %s.", told.Block.Rule)
		}
		fmt.Fprintf(c.OutOrStdout(), "\nTo end the block: honeymoat blocks remove %s --reason …\n", told.Block.ID)
		return nil
	})
	c.Flags().StringVar(&q.BlockID, "block", "", "The block that was in the way.")
	c.Flags().StringVar(&q.RequestID, "request", "", "Or the request that was refused.")
	c.Flags().StringVar(&q.Text, "text", "", "Who could not do what.")
	command.Require(c, "text")
	return c
}
