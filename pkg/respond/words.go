package respond

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of what an alert says.
const (
	maxTold  = 6 // contributions, and parts of a change
	maxWords = 1024
)

// alert is a story's alert as people are told it now.
func (l *Ledger) alert(a *Actor, st *Story, links Links, now time.Time) Alert {
	evidence := st.evidence(a)
	last := &evidence[len(evidence)-1]
	alert := Alert{Labels: st.Alert.labels(), StartsAt: st.Alert.StartsAt, URL: links.actor(a.Actor), Annotations: map[string]string{
		"summary":     summary(a.Actor, st),
		"description": describe(a, st, last),
		"evidence":    l.evidenceText(a, evidence, now),
	}}
	for name, value := range map[string]string{
		"block": l.blockText(a), "approval": l.waiting(a, now), "action": l.waitText(a, now), "owner": st.Alert.Owner, "statistic": StatisticText(last.Statistic), "tier_rule": st.Rule,
		"actor_url": links.actor(a.Actor), "dashboard_url": links.dashboard(a.Actor),
	} {
		if value != "" {
			alert.Annotations[name] = value
		}
	}
	return alert
}

// summary is an alert in one line.
func summary(a finding.Actor, st *Story) string {
	if len(st.Reasons) == 0 {
		return finding.Clip(a.Value, maxWords)
	}
	return finding.Clip(a.Value+": "+strings.Join(st.Reasons, "; "), maxWords)
}

func describe(a *Actor, st *Story, last *finding.Finding) string {
	text := fmt.Sprintf("%d findings from %s to %s.", a.Findings,
		a.FirstSeen.UTC().Format(time.RFC3339), a.LastSeen.UTC().Format(time.RFC3339))
	if a.Findings == 1 {
		text = fmt.Sprintf("1 finding, at %s.", a.LastSeen.UTC().Format(time.RFC3339))
	}
	if st.Rule != "" {
		text += fmt.Sprintf(" Tier %s: %s.", st.Tier, st.Rule)
	}
	text += " Last: " + last.Reason
	if words := StatisticText(last.Statistic); words != "" {
		text += "\n" + words
	}
	return text
}

func (l *Ledger) blockText(a *Actor) string {
	for _, id := range a.Blocks {
		if h := l.blocks.byID[id]; h != nil {
			return fmt.Sprintf("%s %s in %s until %s (%s)", h.Block.Mode, h.Block.Target, h.Block.Segment,
				h.Block.ExpiresAt().UTC().Format(time.RFC3339), h.Block.ID)
		}
	}
	return ""
}

// evidenceText tells what carries the risk, by shares, and the ids of the
// latest findings.
func (l *Ledger) evidenceText(a *Actor, latest []finding.Finding, now time.Time) string {
	r := l.scale().Explain(&a.Account, now, l.feedback.For(a.Actor.Kind, now))
	lines := []string{fmt.Sprintf("Risk %s.", percent(r.Risk))}
	for i := range r.Contributions[:min(maxTold, len(r.Contributions))] {
		if c := &r.Contributions[i]; c.Counts > 0 {
			lines = append(lines, contributionText(c, now))
		}
	}
	ids := make([]string, len(latest))
	for i := range latest {
		ids[i] = latest[i].ID
	}
	return strings.Join(append(lines, "Latest findings: "+strings.Join(ids, " ")), "\n")
}

func contributionText(c *evidence.Contribution, now time.Time) string {
	text := fmt.Sprintf("%s of it by %s (%s), found %s, last %s ago", percent(c.Share), c.Rule, c.Family, times(c.Findings), age(now.Sub(c.Last)))
	switch {
	case c.Feedback <= -0.1:
		text += "; analysts have discarded it before"
	case c.Feedback >= 0.1:
		text += "; analysts have kept it before"
	}
	return text
}

// StatisticText says what a statistical finding rests on: what was seen, what
// was expected, since when, how rare that is, and what carries the change.
// Empty for nil.
func StatisticText(s *finding.Statistic) string {
	if s == nil {
		return ""
	}
	var parts []string
	seen := "Seen " + amount(s.Seen, s.Unit)
	if s.Series != "" {
		seen = s.Series + ": seen " + amount(s.Seen, s.Unit)
	}
	parts = append(parts, seen)
	if !math.IsNaN(s.Expected) {
		parts = append(parts, "expected "+amount(s.Expected, s.Unit)+bounds(s))
	}
	if !s.Since.IsZero() {
		parts = append(parts, "since "+s.Since.UTC().Format(time.RFC3339))
	}
	if !s.Until.IsZero() {
		parts = append(parts, "over at "+s.Until.UTC().Format(time.RFC3339))
	}
	if s.Probability > 0 && s.Probability < 1 {
		parts = append(parts, "by chance once in "+amount(1/s.Probability, "")+" looks")
	}
	text := strings.Join(parts, ", ")
	if carried := partsWords(s.Parts); carried != "" {
		text += "; " + carried
	}
	return finding.Clip(text+".", maxWords)
}

func bounds(s *finding.Statistic) string {
	if math.IsNaN(s.Lower) || math.IsNaN(s.Upper) || s.Lower == 0 && s.Upper == 0 {
		return ""
	}
	return fmt.Sprintf(" (ordinary %s to %s)", amount(s.Lower, ""), amount(s.Upper, s.Unit))
}

func partsWords(parts []finding.Part) string {
	parts = slices.Clone(parts[:min(maxTold, len(parts))])
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = fmt.Sprintf("%s of it by %s %s", percent(p.Share), p.Kind, p.Value)
	}
	return strings.Join(words, ", ")
}

// amount writes a number with at most four digits that matter, and its unit.
func amount(x float64, unit string) string {
	var text string
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		text = "unknown"
	case size >= 1000 && size < 1e15:
		text = thousands(strconv.FormatFloat(x, 'f', 0, 64))
	default:
		text = strconv.FormatFloat(x, 'g', 4, 64)
	}
	if unit == "" {
		return text
	}
	return text + " " + unit
}

// thousands puts commas into a whole number.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// percent writes a share; what is not all is not written as all.
func percent(share float64) string {
	p := 100 * share
	switch {
	case p > 99 && p < 100:
		return strconv.FormatFloat(min(p, 99.9), 'f', 1, 64) + " %"
	case p > 0 && p < 1:
		return "under 1 %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// age writes how long ago something was, roughly.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "a moment"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
