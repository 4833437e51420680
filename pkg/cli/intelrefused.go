package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

// intelRefusedCommand shows what the guard says of the entries of a list.
func intelRefusedCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "refused LIST",
		Short: "List what is not blocked of a list of blocks.lists, and why: what the guard refuses, what waits for a person, what is blocked already.",
		Args:  command.Exactly(1),
	}
	config := configFlag(c)
	most := c.Flags().Int("show", 20, "Entries to show.")
	asJSON := false
	jsonFlag(c, &asJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*config)
		if err != nil {
			return err
		}
		r, err := intel.ReadRefusals(service.DataDir(cfg.DataDir).IntelDir(), args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), r)
		}
		printRefusals(c.OutOrStdout(), &r, max(*most, 0))
		return nil
	}
	return c
}

func printRefusals(w io.Writer, r *intel.Refusals, most int) {
	total := 0
	for _, rule := range slices.Sorted(maps.Keys(r.Counts)) {
		fmt.Fprintf(w, "%s: %d\n", rule, r.Counts[rule])
		total += r.Counts[rule]
	}
	if total == 0 {
		fmt.Fprintf(w, "All of the list %s is blocked (%s).\n", r.List, clock(r.At))
		return
	}
	shown := r.Entries[:min(most, len(r.Entries))]
	if len(shown) > 0 {
		t := newTable(w, "entry", "why", "in the guard's words", "asked again")
		for _, e := range shown {
			t.AppendRow(table.Row{e.Entry, e.Rule, text.WrapSoft(e.Reason, 60), clock(e.Again)})
		}
		t.Render()
	}
	if rest := total - len(shown); rest > 0 {
		fmt.Fprintf(w, "and %d more\n", rest)
	}
}
