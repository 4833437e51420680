package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Gate is one condition for going on, with what was measured.
type Gate struct {
	Name  string  `json:"name"`
	Color Color   `json:"color"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Text  string  `json:"text"` // for people, with the figures
}

// Color is what a gate says.
type Color string

// The colors, the worst last.
const (
	Green     Color = "green"
	Measuring Color = "measuring" // not enough is known: nothing moves
	Red       Color = "red"       // hold
	Alarm     Color = "alarm"     // roll back at once
)

var colors = []Color{Green, Measuring, Red, Alarm}

func (c Color) worse(than Color) bool { return slices.Index(colors, c) > slices.Index(colors, than) }

// Bad tells whether the gate holds a version or rolls it back.
func (g *Gate) Bad() bool { return g.Color == Red || g.Color == Alarm }

// worst is the color of the worst gate.
func worst(gates []Gate) Color {
	w := Green
	for i := range gates {
		if gates[i].Color.worse(w) {
			w = gates[i].Color
		}
	}
	return w
}

// wrong tells in words which gates are bad.
func wrong(gates []Gate) string {
	var texts []string
	for i := range gates {
		if gates[i].Bad() {
			texts = append(texts, gates[i].Text)
		}
	}
	return strings.Join(texts, "; ")
}

// gates judges a version's stage. A retired one has none.
func (b *Book) gates(l *logic, now time.Time) []Gate {
	if l.Stage == Retired {
		return nil
	}
	gates := []Gate{
		b.successful(l), b.hits(l), b.discards(l), b.complaints(l),
	}
	gates = append(gates, b.gateways(l, now)...)
	if l.Stage < Enforce {
		gates = append([]Gate{b.evidence(l), b.time(l, now)}, gates...)
	}
	return gates
}

// time is measuring until the stage has lasted long enough with nothing wrong.
func (b *Book) time(l *logic, now time.Time) Gate {
	need, has := b.limits.Time[l.Stage], max(now.Sub(l.Clean), 0)
	g := Gate{Name: "time", Color: Green, Value: has.Seconds(), Limit: need.Seconds()}
	g.Text = fmt.Sprintf("%s of %s with nothing wrong", has.Round(time.Minute), need)
	if has < need {
		g.Color = Measuring
	}
	return g
}

// evidence is measuring until enough is known to judge by.
func (b *Book) evidence(l *logic) Gate {
	m, actors := &l.Tally, l.Tally.Reached.count()
	g := Gate{Name: "evidence", Color: Measuring, Value: float64(m.Findings), Limit: float64(b.limits.Findings)}
	g.Text = fmt.Sprintf("%d of %d matches, %d of %d actors, %d of %d requests of theirs",
		m.Findings, b.limits.Findings, actors, b.limits.Actors, m.touched(), b.limits.Requests)
	if m.Findings >= uint64(b.limits.Findings) && actors >= b.limits.Actors && m.touched() >= uint64(b.limits.Requests) {
		g.Color = Green
	}
	return g
}

// successful judges by requests that the application answered with success:
// those of customers.
func (b *Book) successful(l *logic) Gate {
	m, limit := &l.Tally, b.limits.SuccessfulShare
	g := Gate{Name: "successful", Value: share(m.Successful, m.Requests), Limit: limit}
	g.Text = fmt.Sprintf("%d of %d requests that would be refused were answered with success (%s, limit %s, and %d in all)",
		m.Successful, m.Requests, percent(g.Value), percent(limit), b.limits.Successful)
	over := float64(m.Successful) / float64(b.limits.Successful)
	if m.Requests >= uint64(b.limits.Requests) {
		over = max(over, g.Value/limit)
	}
	g.Color = colored(over)
	return g
}

// hits judges by how much of all traffic is refused. An attack may be most of
// the traffic, so that a hit for each of two requests only holds.
func (b *Book) hits(l *logic) Gate {
	all := b.fleet.Requests - l.Total + l.Tally.Hits
	g := Gate{Name: "hits", Color: Green, Value: share(l.Tally.touched(), all), Limit: b.limits.HitShare}
	g.Text = fmt.Sprintf("%d of %d requests at all gateways hit (%s, limit %s)", l.Tally.touched(), all, percent(g.Value), percent(g.Limit))
	if all >= uint64(b.limits.GatewayRequests) && g.Value > g.Limit {
		g.Color = Red
	}
	return g
}

// discards judges by what analysts made of the findings. One alone is no share.
func (b *Book) discards(l *logic) Gate {
	m := &l.Tally
	g := Gate{Name: "discards", Color: Green, Value: share(m.Discards, max(m.Findings, m.Discards)), Limit: b.limits.DiscardShare}
	g.Text = fmt.Sprintf("%d of %d findings discarded (%s, limit %s)", m.Discards, m.Findings, percent(g.Value), percent(g.Limit))
	if m.Discards > 1 {
		g.Color = colored(g.Value / g.Limit)
	}
	return g
}

func (b *Book) complaints(l *logic) Gate {
	n := l.Tally.Complaints
	g := Gate{Name: "complaints", Color: Green, Value: float64(n), Limit: float64(b.limits.Complaints)}
	g.Text = fmt.Sprintf("%d complaints, more than %d roll back", n, b.limits.Complaints)
	switch {
	case n > uint64(b.limits.Complaints):
		g.Color = Alarm
	case n > 0:
		g.Color = Red
	}
	return g
}

// watched is how long after a promotion gateways are compared with before.
const watched = 24 * time.Hour

// noticeable is what a request must take longer for it to count: a growth
// from one millisecond to two is none.
const noticeable = 20 * time.Millisecond

// gateways judges by the gateway that does worst since the promotion.
func (b *Book) gateways(l *logic, now time.Time) []Gate {
	errors := Gate{Name: "errors", Color: Green, Limit: b.limits.ErrorRate, Text: "no gateway answers more errors than before"}
	latency := Gate{Name: "latency", Color: Green, Limit: b.limits.Latency, Text: "no gateway answers more slowly than before"}
	if l.Stage == Shadow || now.Sub(l.Since) > watched {
		return []Gate{errors, latency}
	}
	changes, quiet := b.fleet.changes(l.Before, l.Since, now, b.limits.GatewayRequests)
	for _, c := range changes {
		if v := c.after.errorRate() - c.before.errorRate(); v > errors.Value {
			errors.Value = v
			errors.Text = fmt.Sprintf("gateway %q answers %s with 5xx, %s before the promotion", c.name, percent(c.after.errorRate()), percent(c.before.errorRate()))
		}
		if v := times(c.after.P95, c.before.P95); v > latency.Value {
			latency.Value = v
			latency.Text = fmt.Sprintf("gateway %q: 95th percentile %s, %s before the promotion", c.name, c.after.P95.Round(time.Millisecond), c.before.P95.Round(time.Millisecond))
		}
	}
	errors.Color, latency.Color = colored(errors.Value/errors.Limit), colored(latency.Value/latency.Limit)
	if len(quiet) > 0 && errors.Color == Green {
		errors.Color = Measuring
		errors.Text = fmt.Sprintf("gateway %q has had too few requests since the promotion to be compared with before", quiet[0])
	}
	return []Gate{errors, latency}
}

// times is how many times before after is, where that can be noticed.
func times(after, before time.Duration) float64 {
	if before <= 0 || after-before < noticeable {
		return 0
	}
	return float64(after) / float64(before)
}

// colored is the color of so many times the limit.
func colored(over float64) Color {
	switch {
	case over > 2:
		return Alarm
	case over > 1:
		return Red
	default:
		return Green
	}
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }
