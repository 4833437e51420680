package cli

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func tiersCommand() *cobra.Command {
	parent, r := group("tiers", "Tell what is logged, what notifies and what pages, and why an actor has its tier.")
	parent.AddCommand(tiersList(r), tiersExplain(r))
	return parent
}

func tiersList(r remote) *cobra.Command {
	return listCommand(r, listing[wire.TierRule]{
		short: "List the rules in force, the most urgent first: the first that holds makes the tier.", print: printTiers,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[wire.TierRule, error] {
			return api.Tiers(c.Context())
		},
	})
}

func printTiers(w io.Writer, list []wire.TierRule) {
	t := newTable(w, "tier", "name", "when")
	for _, rule := range list {
		t.AppendRow(table.Row{rule.Tier, rule.Name, text.WrapSoft(conditionText(rule), 80)})
	}
	t.Render()
}

// conditionText says in words when a rule holds.
func conditionText(r wire.TierRule) string {
	var parts []string
	var found []string
	for _, f := range r.Found {
		found = append(found, foundText(f))
	}
	if len(found) > 0 {
		parts = append(parts, strings.Join(found, orThen(r.InOrder)))
	}
	if r.WithinSeconds > 0 {
		parts = append(parts, "within "+brief(time.Duration(r.WithinSeconds)*time.Second))
	}
	if r.Kinds > 0 {
		parts = append(parts, fmt.Sprintf("%d independent kinds of evidence", r.Kinds))
	}
	if r.Risk > 0 {
		parts = append(parts, fmt.Sprintf("a risk of %v or more", r.Risk))
	}
	if r.AfterBlock {
		parts = append(parts, "it came back after its block")
	}
	if len(r.Actors) > 0 {
		parts = append(parts, "it is about a "+strings.Join(r.Actors, " or "))
	}
	if r.From != "" {
		parts = append(parts, "from "+r.From)
	}
	if r.Unless != nil {
		parts = append(parts, "not of "+unlessText(r.Unless))
	}
	return strings.Join(parts, "; ")
}

// unlessText says in words of whom a rule does not hold.
func unlessText(u *wire.TierUnless) string {
	text := "anybody"
	if len(u.Actors) > 0 {
		text = "a " + strings.Join(u.Actors, " or ")
	}
	if u.From != "" {
		text += " from " + u.From
	}
	if len(u.Families) > 0 {
		text += " with evidence of " + strings.Join(u.Families, " or ")
	}
	return text
}

func orThen(inOrder bool) string {
	if inOrder {
		return ", and then "
	}
	return ", and "
}

func foundText(f wire.TierFound) string {
	text := "a finding"
	for _, part := range []struct {
		words string
		list  []string
	}{{" of ", f.Rules}, {" of the family ", f.Families}, {" that is not ", f.Except}} {
		if len(part.list) > 0 {
			text += part.words + strings.Join(part.list, " or ")
		}
	}
	if f.Statistical {
		text += " that rests on a statistic"
	}
	if f.Suggested != "" {
		text += " that suggests " + f.Suggested
	}
	if f.Magnitude > 0 {
		text += fmt.Sprintf(" by %v times", f.Magnitude)
	}
	if f.Hours > 0 {
		text += fmt.Sprintf(" in %d different hours", f.Hours)
	}
	return text
}

func tiersExplain(r remote) *cobra.Command {
	return showActor(r, "explain", "Tell what the evidence about an actor comes to, by shares, and which rule made its tier.",
		func(c *cobra.Command, api *client.Client, a finding.Actor) (wire.ActorEvidence, error) {
			return api.ActorEvidence(c.Context(), a)
		}, printActorEvidence)
}

func printActorEvidence(w io.Writer, e wire.ActorEvidence) {
	fmt.Fprintf(w, "%s: tier %s, risk %.0f %%.\n", e.Actor, e.Tier, 100*e.Risk)
	for _, st := range e.Stories {
		what := "by no rule"
		if st.Rule != "" {
			what = "by the rule \"" + st.Rule + "\""
		}
		if st.Family != "" {
			what += ", " + string(st.Family)
		}
		if st.Lasting > 0 {
			what += ", it lasts"
		}
		fmt.Fprintf(w, "%s %s: %s\n", st.Tier, what, strings.Join(st.Reasons, "; "))
	}
	if len(e.Contributions) == 0 {
		return
	}
	t := newTable(w, "share", "what", "family", "findings", "last", "weighs", "analysts", "rule")
	for _, x := range e.Contributions {
		t.AppendRow(table.Row{
			fmt.Sprintf("%.0f %%", 100*x.Share), text.WrapSoft(cmp.Or(x.Title, x.Rule), 60), x.Family, x.Findings, clock(x.Last), oddsText(x.Counts), oddsText(x.Feedback), x.Rule,
		})
	}
	t.Render()
	if len(e.Kinds) > 0 {
		fmt.Fprintf(w, "Kinds of evidence that count: %s.\n", strings.Join(e.Kinds, ", "))
	}
}

// oddsText writes a weight as what it does to odds.
func oddsText(nats float64) string {
	switch {
	case math.Abs(nats) < 0.005:
		return "as they were"
	case nats > 0:
		return fmt.Sprintf("× %.3g", math.Exp(nats))
	}
	return fmt.Sprintf("÷ %.3g", math.Exp(-nats))
}
