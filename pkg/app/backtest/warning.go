package backtest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// warnings tell what the answer cannot know.
func (t *test) warnings() []string {
	list := []string{}
	warn := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, s := range t.book.Skipped() {
		warn("%s is not applied: %s", s.Rule.Key(), s.Reason)
	}
	list = append(list, t.unclear()...)
	rows, masked, nobody, begin := int64(0), int64(0), uint64(0), int64(math.MaxInt64)
	for _, p := range t.parts {
		rows += p.rows
		masked += p.masked
		nobody += p.detector.Stats().NoClient
		if p.rows > 0 {
			begin = min(begin, p.first)
		}
	}
	if masked > 0 {
		warn("secrets or personal data of %d events were masked when they were stored: what rules would have seen there cannot be found any more", masked)
	}
	if nobody > 0 {
		warn("matches for which nobody is blamed, since their records name no client: %d", nobody)
	}
	if t.judge.accounts.full {
		warn("more actors matched than are told apart (%d): counts of actors and of what blocks cost are too low", maxAccounts)
	}
	if rows == 0 {
		warn("the store has no events of this period")
	} else if at := time.Unix(0, begin).UTC(); at.Sub(t.request.Since) > time.Hour {
		warn("the store's events begin at %s", at.Format(time.RFC3339))
	}
	return list
}

// unclear warns of the fields of rules that the store does not hold as they
// were.
func (t *test) unclear() []string {
	var list []string
	for _, name := range Fields(t.request.Collection) {
		f, ok := match.FieldOf(name)
		if !ok {
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(t.options.Unclear)) {
			if reads(f, column) {
				list = append(list, fmt.Sprintf("the store has %s in place of what the log said in %s: rules see that instead",
					t.options.Unclear[column], name))
			}
		}
	}
	return list
}
