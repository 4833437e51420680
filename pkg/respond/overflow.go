package respond

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Blocks that budgets refuse come by the thousand: the first few of a minute
// are told one by one, the others together.
const (
	toldEach     = 5
	maxExamples  = 5
	overflowKept = time.Hour
	overflowOver = 5 * time.Minute // nothing was refused for so long: it is over
)

// overflow is what budgets have refused, by the minute of the evidence: a batch
// that is read again counts in the same minute.
type overflow map[int64]*refusedMinute

type refusedMinute struct {
	Count    int            `json:"count"` // those that were told one by one included
	Rules    map[string]int `json:"rules"` // by the guard's rule
	Examples []string       `json:"examples"`
	Noted    time.Time      `json:"noted"` // the last one, by our clock
	Told     int            `json:"told"`  // of Count, when a row was written last
}

// note counts a block that a budget has refused, and tells whether it is one of
// the first few of its minute.
func (o overflow) note(f *finding.Finding, b *block.Block, r *Refusal, now time.Time) (few bool) {
	minute := f.Time.Unix() / 60
	m := o[minute]
	if m == nil {
		m = &refusedMinute{Rules: map[string]int{}}
		o[minute] = m
	}
	m.Count++
	m.Rules[r.Rule]++
	m.Noted = now
	if m.Count > toldEach && len(m.Examples) < maxExamples {
		m.Examples = append(m.Examples, b.Target.String())
	}
	return m.Count <= toldEach
}

func (o overflow) sweep(now time.Time) {
	maps.DeleteFunc(o, func(_ int64, m *refusedMinute) bool { return now.Sub(m.Noted) > overflowKept })
}

// due gives a row for each minute of which there is more to tell, once it is
// over. Told again, a row replaces the one before.
func (o overflow) due(now time.Time) []blockRow {
	var rows []blockRow
	for _, minute := range slices.Sorted(maps.Keys(o)) {
		m := o[minute]
		if m.Count > max(m.Told, toldEach) && now.Sub(m.Noted) > 2*time.Second {
			m.Told = m.Count
			rows = append(rows, m.row(minute))
		}
	}
	return rows
}

func (m *refusedMinute) row(minute int64) blockRow {
	at := time.Unix(minute*60, 0).UTC()
	return blockRow{
		ID: finding.NewID("over budget", fmt.Sprint(minute)), At: at, Event: EventRefused, Segment: block.All, Scope: "",
		Target: fmt.Sprintf("%d targets", m.Count), Mode: block.Shadow.String(), Action: block.Deny.String(),
		Reason: m.text(), Findings: []string{}, By: "guard",
	}
}

func (m *refusedMinute) text() string {
	var rules []string
	for _, name := range slices.Sorted(maps.Keys(m.Rules)) {
		rules = append(rules, fmt.Sprintf("%s: %d", name, m.Rules[name]))
	}
	return fmt.Sprintf("%d automatic blocks of this minute were over budget (%s), the first %d are told one by one; further ones are on %s",
		m.Count, strings.Join(rules, ", "), toldEach, cmp.Or(strings.Join(m.Examples, ", "), "nobody"))
}

// summary tells of all that budgets refused of late; empty when that is over.
func (o overflow) summary(now time.Time) string {
	n, last := 0, (*refusedMinute)(nil)
	for _, minute := range slices.Sorted(maps.Keys(o)) {
		if m := o[minute]; now.Sub(m.Noted) < overflowOver && m.Told > 0 {
			n, last = n+m.Told, m
		}
	}
	if last == nil {
		return ""
	}
	return fmt.Sprintf("budgets have refused %d automatic blocks of late: their findings are recorded, alerts about them are this one. Last: %s", n, last.text())
}

// overflowAlert is the name of the alert about blocks over budget.
const overflowAlert = "BlocksOverBudget"

// tellOverflow writes what budgets refused, and tells people of it.
func (s *Service) tellOverflow(ctx context.Context) error {
	var w rowWriter
	s.mu.Lock()
	now := s.now()
	for _, row := range s.ledger.overflow.due(now) {
		w.add(BlockLog, row)
		s.touch()
	}
	summary := s.ledger.overflow.summary(now)
	s.mu.Unlock()
	if err := s.outbox.add(ctx, w.rows); err != nil {
		return err
	}
	if summary == "" {
		return s.ResolveHealth(ctx, overflowAlert)
	}
	return s.RaiseHealth(ctx, overflowAlert, summary)
}
