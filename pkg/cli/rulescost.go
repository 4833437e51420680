package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// costFlags tell on what log rules are measured.
type costFlags struct {
	file   string
	budget time.Duration
	log    *logFlags
}

func addCostFlags(c *cobra.Command) *costFlags {
	f := &costFlags{log: addLogFlags(c)}
	c.Flags().StringVar(&f.file, "cost", "", "Run the rules over this log (plain, gzip or zstd; - is standard input) and list what each costs.")
	c.Flags().DurationVar(&f.budget, "budget", 100*time.Nanosecond, "With --cost: rules that take longer for a line on average are named.")
	return f
}

// run measures a set of rules.
func (f *costFlags) run(c *cobra.Command, config string, set selected, asJSON bool) error {
	cfg, err := readConfig(config)
	if err != nil {
		return err
	}
	log, kind, err := f.log.options(c.Flags(), cfg)
	if err != nil {
		return err
	}
	if _, err := accesslog.NewReader(log); err != nil {
		return f.log.mistaken(err)
	}
	in, err := openLog(f.file, c.InOrStdin())
	if err != nil {
		return fmt.Errorf("--cost: %w", err)
	}
	meter := ruletest.NewMeter(set.rules())
	err = ingest.ReadAll(in, event.Header{Source: "cost", Kind: kind, Path: f.file}, log, meter.Scan)
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("--cost: %w", err)
	}
	costs := meter.Costs(f.budget)
	if asJSON {
		return printJSON(c.OutOrStdout(), costs)
	}
	printCosts(c.OutOrStdout(), costs, f.budget)
	return nil
}

func printCosts(w io.Writer, c ruletest.Costs, budget time.Duration) {
	if c.Lines == 0 {
		fmt.Fprintln(w, "No line could be read: is this an access log? See --format.")
		return
	}
	t := newTable(w, "rule", "ns/line", "lines looked at", "matches", "regexps run", "")
	over := 0
	for i, r := range c.Rules {
		verdict := ""
		if r.Over {
			over, verdict = over+1, "over budget"
		}
		if i < most && (r.Evaluated > 0 || r.Over) {
			t.AppendRow(table.Row{text.WrapSoft(r.Title, 60), fmt.Sprintf("%.1f", r.PerLine), r.Evaluated, r.Hits, r.Searches, verdict})
		}
	}
	if t.Length() > 0 {
		t.Render()
	}
	fmt.Fprintf(w, "%s over %s: %.2f µs a line for all together (%.0f lines/s on one core); ", count(len(c.Rules), "rule"), count(c.Lines, "line"),
		1e6*c.Seconds/float64(c.Lines), float64(c.Lines)/max(c.Seconds, 1e-9))
	fmt.Fprintf(w, "%s over the budget of %s a line.\n", are(over, "rule"), brief(budget))
}
