package agentcli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// defaultListed is how many blocks are listed of a target.
const defaultListed = 100

func blocksCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "blocks",
		Short: "Tell which blocks the agent holds, by segment: by asking it, or out of its state file when it is not running.",
		Args:  command.Exactly(0),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	var q gateway.HoldingQuestion
	c.Flags().StringVar(&q.Target, "target", "", `Only those about a target, or a part of it: "192.0.2.0/24", "user:alice & route:POST /login".`)
	c.Flags().IntVar(&q.List, "list", 0, fmt.Sprintf("List so many of them. With --target: %d.", defaultListed))
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		if q.Target != "" && !c.Flags().Changed("list") {
			q.List = defaultListed
		}
		held, err := gateway.Held(c.Context(), cfg, q)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), held)
		}
		return printHolding(c.OutOrStdout(), &held)
	}
	return c
}

func printHolding(w io.Writer, h *gateway.Holding) error {
	switch {
	case h.Saved:
		fmt.Fprintln(w, "the agent does not run; by its saved state:")
	case h.InSync:
		fmt.Fprintf(w, "%s is in step with the service\n", h.Name)
	default:
		fmt.Fprintf(w, "%s is not in step with the service; what it holds stays in force\n", h.Name)
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SEGMENT\tREVISION\tHASH\tLIVE\tKEYS\tSCOPES\tACTIONS\tMODES")
	for _, s := range h.Segments {
		fmt.Fprintf(table, "%s\t%d\t%016x\t%d\t%d\t%s\t%s\t%s\n", cmp.Or(s.Segment, "(its own)"),
			s.Version.Revision, s.Version.Hash, s.Live, s.Keys, counts(s.Scopes), counts(s.Actions), counts(s.Modes))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the blocks: %w", err)
	}
	for i := range h.Listed {
		fmt.Fprintln(w, listedText(&h.Listed[i]))
	}
	if h.Unlisted > 0 {
		fmt.Fprintf(w, "and %d more; see --list\n", h.Unlisted)
	}
	return nil
}

// counts writes "address 3, user 1", the most first.
func counts[K ~string](m map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b K) int { return cmp.Or(-cmp.Compare(m[a], m[b]), cmp.Compare(a, b)) })
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s %d", k, m[k])
	}
	return cmp.Or(strings.Join(parts, ", "), "-")
}
