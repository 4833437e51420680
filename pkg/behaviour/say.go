package behaviour

import (
	"fmt"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// look is what a detector saw, in comparison.
type look struct {
	chance float64
	seen   float64
	// What is ordinary; expected is the middle.
	expected, lower, upper float64
	series, unit, reason   string
	tier                   finding.Tier
	parts                  []finding.Part
}

// among fills in what is ordinary among peers.
func (l look) among(known *peers) look {
	l.expected, l.lower, l.upper = known.quantile(0.5), known.quantile(0.05), known.quantile(0.95)
	return l
}

// say tells a suspicion about the record's actor.
func (p *pass) say(d detector, r *record, a *actor, l look) {
	p.sayOf(d, r, p.whom(r), a.start, int(a.told[d])-1, l)
}

// sayOf tells a suspicion about somebody.
func (p *pass) sayOf(d detector, r *record, whom finding.Actor, since int64, updates int, l look) {
	what := describe(d)
	if l.tier == 0 {
		l.tier = finding.Log
	}
	p.said = Suspicion{
		Detector: what.ID, Version: Version, Family: what.Families[0], Tier: l.tier, Score: scoreOf(l.chance), Actor: whom,
		Row: r.row, Time: r.time, Window: since, Updates: updates, Title: what.Title,
		Reason: l.reason + ". " + rarity(l.chance),
		Statistic: finding.Statistic{
			Shape: finding.Behaviour, Series: l.series, Unit: l.unit, Expected: l.expected, Lower: l.lower, Upper: l.upper,
			Seen: l.seen, Since: time.Unix(0, since).UTC(), Probability: l.chance, Parts: l.parts,
		},
	}
	p.observer.told++
	p.tell(&p.said)
}

func rarity(p float64) string {
	if p < 1e-9 {
		return "By chance this happens less than once in a billion looks."
	}
	return fmt.Sprintf("By chance this happens once in %s looks.", thousands(1/p))
}

// thousands writes a large number so that it can be read.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	var s strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			s.WriteByte(',')
		}
		s.WriteRune(d)
	}
	return s.String()
}

// place names the record's route for people, else its path.
func (p *pass) place(r *record) string {
	method, where := p.batch.Text(event.Method, r.row), p.batch.Text(event.Route, r.row)
	if len(where) == 0 {
		where = r.path
	}
	return finding.Clip(strings.TrimSpace(string(method)+" "+string(where)), 200)
}

// site names the record's API, else its host, for people.
func (p *pass) siteName(r *record) string {
	for _, f := range []event.TextField{event.API, event.Host} {
		if name := p.batch.Text(f, r.row); len(name) > 0 {
			return finding.Clip(string(name), 100)
		}
	}
	return "the site"
}

func (o *Observer) hash(text []byte, salt uint64) uint64 { return xxh3.HashSeed(text, o.seed^salt) }

// since says for how long the window goes.
func since(a *actor, r *record) string { return lasting(a.start, r.time) }

func lasting(from, to int64) string {
	return max(time.Duration(to-from), time.Second).Round(time.Second).String()
}
