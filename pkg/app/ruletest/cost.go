package ruletest

import (
	"cmp"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Meter measures what rules cost on the lines of a log. One goroutine uses it.
type Meter struct {
	scanner *match.Scanner
	lines   int64
	spent   time.Duration
}

// Costs are what rules cost on a log.
type Costs struct {
	Lines   int64   `json:"lines"`
	Seconds float64 `json:"seconds"` // for all rules together
	Rules   []Cost  `json:"rules"`   // the costliest first
}

// Cost is what a rule cost.
type Cost struct {
	Rule
	// PerLine is the nanoseconds that the rule's own condition took, spread
	// over all lines; what all rules share is in none of them.
	PerLine   float64 `json:"ns_per_line"`
	Evaluated int64   `json:"evaluated"` // lines whose condition had to be looked at
	Hits      int64   `json:"hits"`
	Searches  int64   `json:"searches"` // of regular expressions
	Over      bool    `json:"over_budget"`
}

// NewMeter makes a meter.
func NewMeter(rules []*sigma.Rule) *Meter {
	begun := time.Now()
	p := match.Compile(rules, match.Options{Clock: func() int64 { return int64(time.Since(begun)) }})
	return &Meter{scanner: p.Scanner()}
}

// Scan runs the rules over a batch.
func (m *Meter) Scan(b *event.Batch) error {
	begun := time.Now()
	m.scanner.Scan(b, 0, b.Rows(), func(int, int) {})
	m.spent += time.Since(begun)
	m.lines += int64(b.Rows())
	return nil
}

// enough is how many evaluations of a rule make its time worth a judgement:
// not every one is timed.
const enough = 256

// Costs tells what the rules have cost so far. A rule that cost more than
// budget a line is over it, if it was evaluated often enough to tell.
func (m *Meter) Costs(budget time.Duration) Costs {
	c := Costs{Lines: m.lines, Seconds: m.spent.Seconds(), Rules: []Cost{}}
	for _, cost := range m.scanner.Costs() {
		perLine := float64(cost.Time) / float64(max(1, m.lines))
		c.Rules = append(c.Rules, Cost{
			Rule: ruleOf(&cost.Rule.Meta), PerLine: perLine, Evaluated: cost.Rows, Hits: cost.Hits,
			Searches: cost.Searches, Over: cost.Rows >= enough && perLine > float64(budget),
		})
	}
	slices.SortStableFunc(c.Rules, func(a, b Cost) int { return cmp.Compare(b.PerLine, a.PerLine) })
	return c
}
