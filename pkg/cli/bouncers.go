package cli

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

func bouncersCommand() *cobra.Command {
	parent, r := group("bouncers", "Show the bouncers of CrowdSec that fetch our blocks.")
	asJSON := false
	list := ask(r, "list", "List the bouncers that have asked of late, as their tokens are named.", 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		bouncers, err := collect(api.Bouncers(c.Context()))
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), bouncers)
		}
		if len(bouncers) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "No bouncer has asked since the service started; `honeymoat tokens add NAME --role bouncer` makes a key for one.")
			return nil
		}
		t := newTable(c.OutOrStdout(), "bouncer", "calls itself", "address", "last seen")
		for _, b := range bouncers {
			t.AppendRow(table.Row{b.Name, b.Agent, b.Address, clock(b.LastSeen)})
		}
		t.Render()
		return nil
	})
	jsonFlag(list, &asJSON)
	parent.AddCommand(list)
	return parent
}
