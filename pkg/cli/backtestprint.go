package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// printBacktest tells a person what rules would have done.
func printBacktest(w io.Writer, b wire.Backtest) {
	fmt.Fprintf(w, "%s from %s to %s, read in %.2f s (%.0f events/s).\n", count(b.Rows, "event"),
		b.Since.Format(time.RFC3339), b.Until.Format(time.RFC3339), b.Seconds, b.RowsPerSecond)
	for _, r := range b.Rules {
		fmt.Fprintf(w, "%s: %s%s\n", r.Title, matches(r.Matches), ruleBlockText(r.Block, b.Block.Asked))
	}
	for _, warning := range b.Warnings {
		fmt.Fprintf(w, "Note: %s.\n", warning)
	}
	if b.Matches == 0 {
		return
	}
	fmt.Fprintln(w)
	printBuckets(w, b)
	printTopActors(w, b)
	printBlocked(w, b.Block)
	printExamples(w, b.Examples)
}

func matches(n int64) string {
	if n == 1 {
		return "1 match"
	}
	return fmt.Sprintf("%d matches", n)
}

func ruleBlockText(b *wire.RuleBlock, tried bool) string {
	switch {
	case b == nil && tried:
		return "; it asks for no block"
	case b == nil:
		return "; it asks for no block (--block-for tries one)"
	}
	text := fmt.Sprintf("; it asks for a block of %s, mode %s", brief(time.Duration(b.LifetimeSeconds)*time.Second), b.Mode)
	if b.What != "" {
		text += ": " + b.What
	}
	return text
}

// widest is how many characters the longest bar has.
const widest = 40

// printBuckets draws matches over time.
func printBuckets(w io.Writer, b wire.Backtest) {
	most := int64(1)
	for _, bucket := range b.Buckets {
		most = max(most, bucket.Matches)
	}
	width := time.Duration(b.BucketSeconds) * time.Second
	t := newTable(w, "from", "matches in "+brief(width), "")
	for _, bucket := range b.Buckets[max(0, len(b.Buckets)-mostBuckets):] {
		bar := strings.Repeat("█", int(max(1, bucket.Matches*widest/most)))
		t.AppendRow(table.Row{bucket.At.Format(time.RFC3339), bucket.Matches, bar})
	}
	t.Render()
	if rest := len(b.Buckets) - mostBuckets; rest > 0 {
		fmt.Fprintf(w, "… and %d earlier ones; --json lists all.\n", rest)
	}
	fmt.Fprintln(w)
}

// mostBuckets is how many buckets are drawn.
const mostBuckets = 48

func printTopActors(w io.Writer, b wire.Backtest) {
	least := ""
	if b.ActorsAtLeast {
		least = "at least "
	}
	fmt.Fprintf(w, "%s%s matched.\n", least, count(b.Actors, "actor"))
	t := newTable(w, "actor", "matches", "first", "last", "requests since", "successful")
	for _, a := range b.TopActors {
		t.AppendRow(table.Row{a.Actor, a.Matches, a.First.Format(time.RFC3339), a.Last.Format(time.RFC3339), a.Requests, a.Successful})
	}
	t.Render()
	fmt.Fprintln(w)
}

func printBlocked(w io.Writer, b wire.BacktestBlock) {
	if !b.Asked {
		return
	}
	fmt.Fprintf(w, "%s would have been blocked (%s): %s refused, %d of which succeeded.\n",
		count(b.Actors, "actor"), count(b.Blocks, "block"), count(b.Requests, "request"), b.Successful)
	if b.Shadow {
		fmt.Fprintln(w, "As it is written the rule blocks in shadow, or begins there: that is recorded, and refuses nothing.")
	}
	if b.Refused > 0 {
		fmt.Fprintf(w, "The guard would have refused %s: %s.\n", count(b.Refused, "block"), strings.Join(b.Refusals, "; "))
	}
	if len(b.Blocked) > 0 {
		t := newTable(w, "blocked", "from", "for", "would be refused", "successful", "at", "because")
		for _, h := range b.Blocked[:min(most, len(b.Blocked))] {
			t.AppendRow(table.Row{
				h.Actor.Value, h.First.Format(time.RFC3339), brief(time.Duration(h.Seconds) * time.Second), h.Requests, h.Successful,
				fmt.Sprintf("%s:%d", h.File, h.Line), text.WrapSoft(h.Reason, 60),
			})
		}
		t.Render()
		printRest(w, int(b.Actors), "--json lists more")
	}
	fmt.Fprintln(w)
}

func printExamples(w io.Writer, examples []wire.BacktestMatch) {
	fmt.Fprintln(w, "Worth a look (honeymoat rules explain --event ID tells more):")
	t := newTable(w, "why", "actor", "when", "what", "event")
	for _, e := range examples {
		t.AppendRow(table.Row{text.WrapSoft(e.Why, 30), e.Actor.Value, e.Time.Format(time.RFC3339), text.WrapSoft(e.Reason, 60), e.Event})
	}
	t.Style().Options.SeparateRows = true
	t.Render()
}
