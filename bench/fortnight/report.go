package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// String is the report for people.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests in %.0f s (%.0f a second), seed %d\n%s\n\n", r.Requests, r.Seconds, float64(r.Requests)/r.Seconds, r.Seed, r.Learning)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "begins\tincident\tshape\tfound\tafter\tdue\ttier\tby")
	found, loud := 0, 0
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		after, mark := "", "MISSED"
		if o.Found {
			found++
			after, mark = o.After.Round(time.Second).String(), "yes"
		}
		if o.Tier >= o.Due {
			loud++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Begins.Format("Jan 02 15:04"), o.Name, o.Shape, mark, after, o.Due, tierText(o.Tier), o.By)
	}
	_ = t.Flush()
	days := float64(r.Days)
	fmt.Fprintf(&b, "\nfound %d of %d, %d as loud as is due\n", found, len(r.Outcomes), loud)
	fmt.Fprintf(&b, "false alerts a day: %.2f in the digest, %.2f that interrupt (budget %.1f)\n",
		float64(r.FalseLogs)/days, float64(r.FalseInterruptions)/days, r.Budget)
	fmt.Fprintf(&b, "told beside the right place while an incident lasted: %d\n", r.Beside)
	fmt.Fprintf(&b, "told in the weeks before, of nothing: %d\n", r.BeforeLogs)
	for _, f := range r.False {
		fmt.Fprintln(&b, "  false:", f)
	}
	return b.String()
}

func tierText(t finding.Tier) string {
	if t == 0 {
		return "-"
	}
	return t.String()
}
