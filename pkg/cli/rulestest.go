package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
)

func rulesTestCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "test [PATH…]",
		Short: "Run the tests beside rules (NAME.test.yml beside NAME.yml): log lines that have to match, near misses that must not, and sequences. " +
			"Without a path, those of the configuration's folders, else the shipped ones.",
	}
	rules := addRuleFlags(c)
	coverage := c.Flags().Bool("coverage", false, "List the values of rules that no test exercises.")
	asJSON := c.Flags().Bool("json", false, "Print the report as JSON.")
	c.RunE = func(c *cobra.Command, paths []string) error {
		set, err := rules.load(paths)
		if err != nil {
			return err
		}
		report := ruletest.Run(ruletest.Options{Set: set.Set, Only: set.only})
		if *asJSON {
			err = printJSON(c.OutOrStdout(), report)
		} else {
			printTests(c.OutOrStdout(), &report, *coverage)
		}
		if err == nil && !report.OK() {
			err = errors.New("rules have failed their tests")
		}
		return err
	}
	return c
}

func printTests(w io.Writer, r *ruletest.Report, coverage bool) {
	printMistakes(w, "mistake", r.Mistakes)
	for i := range r.Failures {
		fmt.Fprintf(w, "%s\n\n", r.Failures[i].String())
	}
	if coverage {
		printCoverage(w, r.Coverage)
	}
	if len(r.Untested) > 0 {
		printUntested(w, r.Untested)
	}
	branches, missed := 0, 0
	for _, c := range r.Coverage {
		branches, missed = branches+c.Branches, missed+len(c.Missed)
	}
	fmt.Fprintf(w, "%s, %s: %s with %s; %s, %s.\n", count(r.Rules, "rule"), count(r.Files, "test file"), count(r.Tests, "test"),
		count(r.Lines, "line"), count(len(r.Failures), "failure"), count(len(r.Mistakes), "mistake"))
	if branches > 0 {
		fmt.Fprintf(w, "%d of %d values and searches exercised (%s)", branches-missed, branches, percent(float64(branches-missed)/float64(branches)))
		if missed > 0 && !coverage {
			fmt.Fprint(w, "; --coverage lists the others")
		}
		fmt.Fprintln(w, ".")
	}
}

// printCoverage prints what was missed, one a line, as editors read it.
func printCoverage(w io.Writer, all []ruletest.Coverage) {
	missed := false
	for _, c := range all {
		for _, b := range c.Missed {
			fmt.Fprintf(w, "%s:%d:%d: no test exercises %s\n", b.File, b.Line, b.Column, ruletest.Printable(b.Text))
			missed = true
		}
	}
	if missed {
		fmt.Fprintln(w)
	}
}

func printUntested(w io.Writer, rules []ruletest.Rule) {
	t := newTable(w, "no test wants it to match", "where")
	for _, r := range rules[:min(most, len(rules))] {
		t.AppendRow(table.Row{text.WrapSoft(r.Title, 70), fmt.Sprintf("%s:%d", r.File, r.Line)})
	}
	t.Render()
	printRest(w, len(rules), "--json lists all")
	fmt.Fprintln(w)
}
