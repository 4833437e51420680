package behaviour

import (
	"bytes"
	"fmt"
	"math"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// sensitive tells whether a row is of a route that is tagged so, or holds what
// was seen to be sensitive.
func (p *pass) sensitive(row int) bool {
	if len(p.batch.Text(event.Sensitive, row)) > 0 {
		return true
	}
	for tag := range bytes.SplitSeq(p.batch.Text(event.Tags, row), []byte(",")) {
		switch string(bytes.TrimSpace(tag)) {
		case "sensitive", "export", "pii", "personal", "personal-data", "confidential", "secret":
			return true
		}
	}
	return false
}

// took looks for somebody to whom far more data goes than to others, and than
// ever went to him.
func (p *pass) took(r *record, a *actor) {
	volume := a.volume()
	if !p.wanted(a, exfiltration, volume) {
		return
	}
	people := a.people()
	if !p.wanted(a, exfiltration, volume/people) {
		return
	}
	c, known := p.company(a, func(c *company) *peers { return &c.volume })
	if c == nil {
		return
	}
	among, own := known.tail(volume/1000/people), a.past.rarity(volume)
	chance := 1.0
	if among < 0.01 && own < 0.3 {
		chance = together(among, own)
	}
	if !p.judge(a, exfiltration, volume/people, chance, p.rare()) {
		return
	}
	p.say(exfiltration, r, a, look{
		chance: chance, seen: volume / 1e6, expected: known.quantile(0.5) / 1000, lower: known.quantile(0.05) / 1000,
		upper: known.quantile(0.95) / 1000, series: "data given to an actor at " + p.siteName(r), unit: "MB", tier: a.volumeTier(chance),
		reason: a.volumeReason(p, r, known),
	})
}

func (a *actor) volumeReason(p *pass, r *record, known *peers) string {
	text := fmt.Sprintf("%.1f MB from %s in %s (of 20 others, 19 take at most %.1f MB", float64(a.bytes)/1e6, p.siteName(r), since(a, r), known.quantile(0.95)/1000)
	if a.past.windows > 1 {
		text += fmt.Sprintf("; itself %.1f MB", math.Expm1(float64(a.past.volume))/1e6)
	}
	text += ")"
	if a.sensitive > 0 {
		text += fmt.Sprintf(", %.1f MB of it sensitive", float64(a.sensitive)/1e6)
	}
	return text
}

// volumeTier wakes somebody only when it is far out, and sensitive for the most
// part.
func (a *actor) volumeTier(chance float64) finding.Tier {
	switch {
	case chance < 1e-9 && 2*a.sensitive >= a.bytes:
		return finding.Page
	case chance < 1e-7:
		return finding.Notify
	}
	return finding.Log
}

// rarity is how rare so much is by the actor's own past. Of who has none it is
// not known: as good as a coin's fall.
func (p *past) rarity(volume float64) float64 {
	if p.windows < 2 {
		return 0.25
	}
	const usual = 1.0 // variance, of the logarithm, for who is seldom seen
	n := math.Min(float64(p.windows), 8)
	variance := (n*float64(p.spread) + 4*usual) / (n + 4)
	return beyond((math.Log1p(volume)-float64(p.volume))/math.Sqrt(variance), n+2)
}
