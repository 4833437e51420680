package cli

import (
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func decoysCommand() *cobra.Command {
	parent, r := group("decoys", "Show the decoy catalogue.")
	parent.AddCommand(listCommand(r, listing[wire.Decoy]{
		short: "List the decoys in force.", print: printDecoys,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Decoy, error] {
			return api.Decoys(c.Context())
		},
	}), decoysCheck())
	return parent
}

func printDecoys(w io.Writer, list []wire.Decoy) {
	t := newTable(w, "id", "paths", "context", "tier", "mode", "blocks for", "answers")
	for _, d := range list {
		t.AppendRow(table.Row{d.ID, strings.Join(d.Paths, "\n"), d.Context, d.Tier, d.Mode, time.Duration(d.LifetimeSeconds) * time.Second, d.Status})
	}
	t.Render()
}

func decoysCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a decoy catalogue and start nothing.", Args: command.Exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return command.Usage(fmt.Errorf("read catalogue: %w", err))
			}
			catalogue, err := decoy.Parse(decoy.Source{Name: args[0], Data: data})
			if err != nil {
				return command.Usage(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d decoys, no mistake\n", len(catalogue.Decoys()))
			return nil
		},
	}
}
