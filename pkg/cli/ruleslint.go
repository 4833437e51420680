package cli

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

func rulesLintCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "lint [PATH…]",
		Short: "Check rules: what is refused and why, what is probably not meant, and what our logs do not have. " +
			"Without a path, those of the configuration's folders, else the shipped ones.",
	}
	rules := addRuleFlags(c)
	strict := c.Flags().Bool("strict", false, "Warnings and unknown fields fail, too.")
	verbose := c.Flags().BoolP("verbose", "v", false, "List the rules that do not apply to our logs.")
	asJSON := c.Flags().Bool("json", false, "Print what was found as JSON.")
	c.RunE = func(c *cobra.Command, paths []string) error {
		set, err := rules.load(paths)
		if err != nil {
			return err
		}
		found := ruletest.Check(set.Set, set.only)
		if *asJSON {
			err = printJSON(c.OutOrStdout(), found)
		} else {
			printLint(c.OutOrStdout(), found, *verbose)
		}
		if err != nil {
			return err
		}
		return lintVerdict(found, *strict)
	}
	return c
}

func lintVerdict(l ruletest.Lint, strict bool) error {
	switch {
	case len(l.Mistakes) > 0:
		return fmt.Errorf("rules have %s", count(len(l.Mistakes), "mistake"))
	case strict && len(l.Warnings)+len(l.Fields) > 0:
		return fmt.Errorf("rules have %s and %s that no log has", count(len(l.Warnings), "warning"), count(len(l.Fields), "field"))
	}
	return nil
}

func printLint(w io.Writer, l ruletest.Lint, verbose bool) {
	printMistakes(w, "mistake", l.Mistakes)
	printMistakes(w, "warning", l.Warnings)
	if len(l.Fields) > 0 {
		printAbsent(w, l.Fields)
	}
	if verbose && len(l.Skipped) > 0 {
		printSkipped(w, l.Skipped)
	}
	fmt.Fprintf(w, "%s: %s, %s, %s; %s, %s.\n", count(l.Files, "file"), count(l.Rules, "rule"), count(l.Correlations, "correlation"),
		count(l.Filters, "filter"), count(len(l.Mistakes), "mistake"), count(len(l.Warnings), "warning"))
	if n := len(l.Skipped); n > 0 {
		more := "; -v lists them"
		if verbose {
			more = ""
		}
		fmt.Fprintf(w, "%s about other logs than those of gateways: never looked at, no harm%s.\n", are(n, "rule"), more)
	}
}

// are is "1 rule is", "2 rules are".
func are(n int, thing string) string {
	if n == 1 {
		return count(n, thing) + " is"
	}
	return count(n, thing) + " are"
}

// printMistakes prints one mistake a line, as editors read them.
func printMistakes(w io.Writer, kind string, all mistake.List) {
	for _, m := range all {
		place := m.File
		if m.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", m.File, m.Line, m.Column)
		}
		fmt.Fprintf(w, "%s: %s: %s\n", place, kind, m.Message)
		if m.Hint != "" {
			fmt.Fprintf(w, "    %s\n", m.Hint)
		}
	}
	if len(all) > 0 {
		fmt.Fprintln(w)
	}
}

func printAbsent(w io.Writer, fields []ruletest.Absent) {
	fmt.Fprintln(w, "No log has these fields, so they are always unknown:")
	t := newTable(w, "field", "did you mean", "rules", "first named by")
	for _, f := range fields {
		t.AppendRow(table.Row{f.Field, f.Meant, f.Rules, fmt.Sprintf("%s:%d", f.First.File, f.First.Line)})
	}
	t.Render()
	fmt.Fprintln(w)
}

func printSkipped(w io.Writer, skipped []ruletest.Skipped) {
	t := newTable(w, "does not apply", "because", "where")
	for _, s := range skipped {
		t.AppendRow(table.Row{text.WrapSoft(s.Title, 60), s.Reason, fmt.Sprintf("%s:%d", s.File, s.Line)})
	}
	t.Render()
	fmt.Fprintln(w)
}
