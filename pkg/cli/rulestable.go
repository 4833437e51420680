package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
)

func rulesListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list [PATH…]",
		Short: "List rules with level, family, tier, block, tags and what they found in the last day, or what each costs. " +
			"Without a path, those of the configuration's folders, else the shipped ones.",
	}
	service := remoteFlags(c)
	rules := ruleFlags{config: service.config, with: withFlag(c)}
	asJSON := c.Flags().Bool("json", false, "Print the list as JSON.")
	cost := addCostFlags(c)
	c.RunE = func(c *cobra.Command, paths []string) error {
		set, err := rules.load(paths)
		if err != nil {
			return err
		}
		tellRefused(c.ErrOrStderr(), set)
		if cost.file != "" {
			return cost.run(c, *rules.config, set, *asJSON)
		}
		list, err := withHits(c, service, ruletest.List(set.Set, set.only))
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		printRules(c.OutOrStdout(), list)
		return nil
	}
	return c
}

// tellRefused warns that rules are missing from what is shown.
func tellRefused(w io.Writer, set selected) {
	refused := 0
	for _, m := range set.Mistakes {
		if set.only(m.File) {
			refused++
		}
	}
	if refused > 0 {
		fmt.Fprintf(w, "%s in these files; what has one is left out: honeymoat rules lint tells which.\n", count(refused, "mistake"))
	}
}

func printRules(w io.Writer, list []listedRule) {
	if len(list) == 0 {
		fmt.Fprintln(w, "There are no rules.")
		return
	}
	t := newTable(w, "title", "level", "family", "tier", "block", "tests", "last day", "OWASP, ATT&CK", "rule")
	skipped := 0
	for _, r := range list {
		if r.Skipped != "" {
			skipped++
			continue
		}
		t.AppendRow(table.Row{
			text.Trim(r.Title, 48), r.Level, r.Family, tierText(r), blockText(r.Block), yes(r.Tested), hitsText(r.Hits),
			text.Trim(strings.Join(append(r.OWASP, r.Attack...), " "), 40), r.Key,
		})
	}
	t.Render()
	fmt.Fprintf(w, "%s, correlations and filters.\n", count(len(list)-skipped, "rule"))
	if skipped > 0 {
		fmt.Fprintf(w, "%s about other logs than those of gateways and not listed; --json lists them.\n", are(skipped, "rule"))
	}
}

// tierText is the tier of what a rule finds; one that only correlations build
// on finds nothing by itself, and a filter nothing at all.
func tierText(r listedRule) string {
	switch {
	case r.Kind == "filter":
		return "(filter)"
	case r.Silent:
		return "(silent)"
	}
	return r.Tier.String()
}

func blockText(b *ruletest.Block) string {
	if b == nil {
		return ""
	}
	text := brief(time.Duration(b.LifetimeSeconds)*time.Second) + " " + b.Mode
	if b.What != "" {
		text += ", " + b.What
	}
	return text
}

// brief is a duration without the zeros at its end: "4h", "1h30m".
func brief(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
