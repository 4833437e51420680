package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func baselineStatusCommand() *cobra.Command {
	c := &cobra.Command{Use: "status", Short: "Tell how far the service knows what is normal, and what it is still learning.", Args: command.Exactly(0)}
	r := remoteFlags(c)
	asJSON := c.Flags().Bool("json", false, "Print JSON.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		api, err := r.connect()
		if err != nil {
			return err
		}
		defer api.Close()
		known, err := api.Baselines(c.Context())
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), known)
		}
		printBaselines(c, &known)
		return nil
	}
	return c
}

func printBaselines(c *cobra.Command, known *wire.Baselines) {
	out := c.OutOrStdout()
	if !known.Enabled {
		fmt.Fprintln(out, "Baselines are off: baselines.enabled.")
		return
	}
	t := newTable(out, "of", "series", "still learning", "only by the hour", "until")
	for _, l := range known.Series {
		until := ""
		if !l.Until.IsZero() {
			until = l.Until.Local().Format("2006-01-02 15:04")
		}
		t.AppendRow([]any{l.Dimension, l.Series, l.Learning, l.Thin, until})
	}
	t.Render()
	fmt.Fprintf(out, "%s, %s since the start, %d open, %d withheld by the budget of alerts.\n",
		count(known.Models, "model"), count(int(known.Told), "incident"), known.Open, known.Withheld)
}

func baselineDetectorsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "detectors", Short: "List what looks at the behaviour of actors: what each needs of a log, and what it cannot see.",
		Args: command.Exactly(0),
	}
	asJSON := c.Flags().Bool("json", false, "Print JSON.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		list := slices.Concat(behaviour.Detectors(), slow.Detectors())
		if *asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		t := newTable(c.OutOrStdout(), "detector", "finds", "needs", "looks", "cannot see")
		for _, d := range list {
			t.AppendRow(table.Row{d.ID, text.WrapSoft(d.Title, 26), text.WrapSoft(fieldsFor(&d), 24), pace(d.Fast), text.WrapSoft(d.CannotSee, 32)})
		}
		t.Render()
		return nil
	}
	return c
}

// fieldsFor are the fields without which a detector cannot run.
func fieldsFor(d *behaviour.Description) string {
	fields := strings.Join(d.Needs, ", ")
	if len(d.AnyOf) > 0 {
		fields = strings.TrimPrefix(fields+", one of "+strings.Join(d.AnyOf, ", "), ", ")
	}
	return fields
}

func pace(fast bool) string {
	if fast {
		return "as requests come"
	}
	return "over days"
}
