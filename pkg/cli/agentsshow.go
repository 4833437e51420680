package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

func agentsShow(r remote) *cobra.Command {
	asJSON := false
	c := ask(r, "show NAME", "Show one agent, and what each of its gateways holds.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		for a, err := range api.Agents(c.Context()) {
			switch {
			case err != nil:
				return err
			case a.Name != args[0]:
				continue
			case asJSON:
				return printJSON(c.OutOrStdout(), a)
			}
			printAgents(c.OutOrStdout(), []block.Agent{a})
			printWays(c.OutOrStdout(), &a)
			return nil
		}
		return fmt.Errorf("no agent is called %q; `honeymoat agents list` lists them", args[0])
	})
	jsonFlag(c, &asJSON)
	return c
}

// printWays tells of the gateways beside an agent that hold blocks themselves.
func printWays(w io.Writer, a *block.Agent) {
	if len(a.Ways) == 0 {
		fmt.Fprintln(w, "No gateway beside it holds blocks itself: they are enforced as the agent decides.")
		return
	}
	t := newTable(w, "way", "holds", "behind", "cannot hold", "state")
	for i := range a.Ways {
		way := &a.Ways[i]
		var holds []string
		for _, segment := range slices.Sorted(maps.Keys(way.Holds)) {
			holds = append(holds, fmt.Sprintf("%s: revision %d", segment, way.Holds[segment]))
		}
		t.AppendRow(table.Row{way.Name, unless(len(holds) == 0, strings.Join(holds, "\n")), behind(way), unheld(way), wayState(way)})
	}
	t.Render()
}

// waysOf is an agent's ways in a cell of a table: those that lack something
// tell for how long.
func waysOf(a *block.Agent) string {
	var cells []string
	for i := range a.Ways {
		cells = append(cells, a.Ways[i].Name+": "+behind(&a.Ways[i]))
	}
	return unless(len(cells) == 0, strings.Join(cells, "\n"))
}

func behind(w *block.WayState) string {
	if w.LagMillis <= 0 {
		return "in step"
	}
	return (time.Duration(w.LagMillis) * time.Millisecond).String()
}

func unheld(w *block.WayState) string {
	var parts []string
	if w.Unheld > 0 {
		parts = append(parts, count(w.Unheld, "block"))
	}
	if w.UnheldExemptions > 0 {
		parts = append(parts, count(w.UnheldExemptions, "exemption"))
	}
	return unless(len(parts) == 0, strings.Join(parts, ", "))
}

func wayState(w *block.WayState) string {
	switch {
	case !w.FailingSince.IsZero():
		return fmt.Sprintf("failing since %s: %s", clock(w.FailingSince), cmp.Or(w.Why, "no reason is known"))
	case w.Late():
		return "late"
	}
	return "well"
}
