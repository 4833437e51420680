package cli

import (
	"fmt"
	"io"
	"iter"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func bouncersCommand() *cobra.Command {
	parent, r := group("bouncers", "Show the bouncers of CrowdSec that fetch our blocks.")
	parent.AddCommand(listCommand(r, listing[wire.Bouncer]{
		short: "List the bouncers that have asked of late, as their tokens are named.", print: printBouncers,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.Bouncer, error] {
			return api.Bouncers(c.Context())
		},
	}))
	return parent
}

func printBouncers(w io.Writer, list []wire.Bouncer) {
	if len(list) == 0 {
		fmt.Fprintln(w, "No bouncer has asked since the service started; `honeymoat tokens add NAME --role bouncer` makes a key for one.")
		return
	}
	t := newTable(w, "bouncer", "calls itself", "address", "last seen")
	for _, b := range list {
		t.AppendRow(table.Row{b.Name, b.Agent, b.Address, clock(b.LastSeen)})
	}
	t.Render()
}
