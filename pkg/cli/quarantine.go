package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func quarantineCommand() *cobra.Command {
	parent, r := group("quarantine", "Show records that could not be parsed, and read them again.")
	parent.AddCommand(quarantineList(r), quarantineShow(r), quarantineRetry(r))
	return parent
}

func quarantineList(r remote) *cobra.Command {
	var f client.QuarantineFilter
	c := listCommand(r, listing[wire.Quarantined]{
		short: "List the records in quarantine, newest first.", limit: 50, print: printQuarantine,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Quarantined, error] {
			return api.Quarantine(c.Context(), f)
		},
	})
	c.Flags().StringVar(&f.Source, "source", "", "Only of this source.")
	c.Flags().StringVar(&f.Reason, "reason", "", "Only with this reason.")
	c.Flags().StringVar(&f.Host, "agent", "", "Only of this agent; "+block.ServiceHost+" for the service itself.")
	return c
}

func printQuarantine(w io.Writer, records []wire.Quarantined) {
	if len(records) == 0 {
		fmt.Fprintln(w, "Nothing is in quarantine.")
		return
	}
	t := newTable(w, "id", "received", "host", "source", "line", "reason", "begins with")
	for _, r := range records {
		t.AppendRow(table.Row{
			r.ID, clock(r.Received), hostOf(r.Agent), r.Source, fmt.Sprintf("%s:%d", r.FilePath, r.Line), r.Reason, text.Trim(r.Excerpt, 60),
		})
	}
	t.Render()
}

// hostOf is the name of a host for people.
func hostOf(agent string) string {
	if agent == "" || agent == block.ServiceHost {
		return "the service"
	}
	return agent
}

func quarantineShow(r remote) *cobra.Command {
	return showCommand(r, "show ID", "Show one record in quarantine.", 1,
		func(c *cobra.Command, api *client.Client, args []string) (wire.Quarantined, error) {
			return api.Quarantined(c.Context(), args[0])
		}, printQuarantined)
}

func printQuarantined(w io.Writer, q wire.Quarantined) {
	for _, row := range [][2]any{
		{"host", hostOf(q.Agent)}, {"source", q.Source}, {"gateway", q.Gateway}, {"format", q.Format}, {"received", clock(q.Received)},
		{"file", q.FilePath}, {"line", q.Line}, {"offset", q.Offset}, {"length", count(q.Length, "byte")}, {"reason", q.Reason}, {"begins with", q.Excerpt},
	} {
		fmt.Fprintf(w, "%-12s %v\n", row[0], row[1])
	}
}

func quarantineRetry(r remote) *cobra.Command {
	var q block.RetryRequest
	var wait time.Duration
	asJSON := false
	c := ask(r, "retry", "Read quarantined records again, with the parsers that hold now: those of the service, of one agent, or all.", 0,
		func(c *cobra.Command, api *client.Client, _ []string) error {
			if q.Agent != "" && q.All {
				return command.Usage(errors.New("--agent and --all: want one of them"))
			}
			asked, err := api.AskRetry(c.Context(), q)
			if err == nil {
				asked, err = awaitRetry(c.Context(), api, asked, wait)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), asked)
			}
			printRetry(c.OutOrStdout(), asked)
			return nil
		})
	c.Flags().StringVar(&q.Source, "source", "", "Only records of this source.")
	c.Flags().StringVar(&q.Reason, "reason", "", "Only records with this reason.")
	c.Flags().StringVar(&q.Agent, "agent", "", "Have this agent do it, which has its own records.")
	c.Flags().BoolVar(&q.All, "all", false, "Have the service and every agent do it.")
	c.Flags().DurationVar(&wait, "wait", 30*time.Second, "How long to wait for all hosts. Agents that are away do it when they are back.")
	jsonFlag(c, &asJSON)
	return c
}

// awaitRetry asks until every host is done, or gives what there is when the
// time is up.
func awaitRetry(ctx context.Context, api *client.Client, r block.Retry, wait time.Duration) (block.Retry, error) {
	deadline := time.Now().Add(wait)
	for !r.Done && time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		next, err := api.Retry(ctx, r.Number)
		if err != nil {
			return r, err
		}
		r = next
	}
	return r, nil
}

func printRetry(w io.Writer, r block.Retry) {
	t := newTable(w, "host", "state", "tried", "parsed", "failed", "because")
	for _, h := range r.Hosts {
		t.AppendRow(table.Row{hostOf(h.Host), retryState(h), h.Tried, h.Parsed, h.Failed, reasonsOf(h.Reasons)})
	}
	t.Render()
	if !r.Done {
		fmt.Fprintf(w, "Not every host is done. /api/v1/quarantine/retries/%d tells of it later.\n", r.Number)
	}
}

func retryState(h block.HostRetry) string {
	switch {
	case h.Done:
		return "done"
	case h.Started:
		return "under way"
	}
	return "has not begun"
}

// reasonsOf lists why records failed, the most frequent reason first.
func reasonsOf(reasons map[string]int) string {
	names := slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d × %s", reasons[name], name)
	}
	return strings.Join(names, "\n")
}
