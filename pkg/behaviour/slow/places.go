package slow

import (
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minVisits    = 2    // requests from a place, before somebody was there
	leastOverlap = 0.02 // of days that one is in two places at once, whatever peers do
	minNetworks  = 6
	calm         = 4 // days of silence, at least
	minAwake     = 20
	busier       = 5 // times as many requests a day as before
)

// travelled tells of a credential that is in two places at once on several
// days, or in more networks than anybody's.
func travelled(w *window, actor int) *suspicion {
	h := w.actors[actor]
	p := w.peers[group(h.actor().Kind)]
	return rarer(inTwoPlaces(h, p), inManyNetworks(h, p))
}

func inTwoPlaces(h history, p *peers) *suspicion {
	n := h.count(overlaps)
	if n < minDays {
		return nil
	}
	usual := max(p.overlap, leastOverlap)
	where := placesOf(h)
	return &suspicion{
		title: fmt.Sprintf("In several places at once on %d of %s", n, inDays(len(h))),
		reason: fmt.Sprintf("used from %s at overlapping times on %d of %s; others are in two places at once on %.1f%% of their days",
			told(where), n, inDays(len(h)), 100*usual),
		statistic: finding.Statistic{
			Series: "days in several places at once", Unit: "days", Expected: usual * float64(len(h)), Upper: hardlyOver(len(h), usual), Seen: float64(n),
			Probability: binomial(n, len(h), usual), Parts: where,
		},
	}
}

func inManyNetworks(h history, p *peers) *suspicion {
	n := len(networksOf(h))
	if n < minNetworks || len(h) < minDays {
		return nil
	}
	where := placesOf(h)
	return &suspicion{
		title: fmt.Sprintf("Used from %d networks over %s", n, inDays(len(h))),
		reason: fmt.Sprintf("used from %d networks over %s, %s and more; others are used from %.0f, and hardly one from more than %.0f",
			n, inDays(len(h)), told(where), p.networks.median(), p.networks.upper()),
		statistic: finding.Statistic{
			Series: "networks", Unit: "networks", Expected: p.networks.median(), Upper: p.networks.upper(), Seen: float64(n),
			Probability: p.networks.above(float64(n)), Parts: where,
		},
	}
}

// overlaps tells whether somebody was in two places at once on a day: in two
// countries, or in two networks where no country is known. Who comes from one
// network late and from another early is not.
func overlaps(d *ActorDay) bool {
	for i := range d.Places {
		for k := range i {
			a, b := &d.Places[i], &d.Places[k]
			apart := a.Country != b.Country && a.Country != "" && b.Country != "" ||
				a.Country == "" && b.Country == "" && a.Network != b.Network
			if apart && a.Requests >= minVisits && b.Requests >= minVisits && min(a.Last, b.Last) > max(a.First, b.First) {
				return true
			}
		}
	}
	return false
}

// name tells a place to people.
func (p *Place) name() string { return strings.TrimSpace(p.Country + " " + p.Network) }

func networksOf(h history) map[string]bool {
	networks := map[string]bool{}
	for i := range h {
		for k := range h[i].Places {
			networks[h[i].Places[k].Network] = true
		}
	}
	return networks
}

// placesOf are the places with most of the requests.
func placesOf(h history) []finding.Part {
	requests, total := map[string]int64{}, int64(0)
	for i := range h {
		for k := range h[i].Places {
			p := &h[i].Places[k]
			requests[p.name()] += p.Requests
			total += p.Requests
		}
	}
	var parts []finding.Part
	for place, n := range requests {
		parts = append(parts, finding.Part{Kind: string(finding.Network), Value: place, Share: float64(n) / float64(total)})
	}
	return largest(parts)
}

func told(parts []finding.Part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.Value
	}
	return strings.Join(names, ", ")
}

// awakening is an actor's silence, cut in two.
type awakening struct {
	before, since history
	silent        int // days
}

// awakened cuts an actor's days at its longest silence; nil when it was not
// silent, or came back from where it had been.
func (w *window) awakened(h history) *awakening {
	at, silent := 0, 0
	for i := 1; i < len(h); i++ {
		if n := int(h[i].Day-h[i-1].Day) - 1; n > silent {
			at, silent = i, n
		}
	}
	if silent < max(calm, int(w.to-w.from+1)/2) {
		return nil
	}
	a := &awakening{h[:at], h[at:], silent}
	known := networksOf(a.before)
	for network := range networksOf(a.since) {
		if known[network] {
			return nil
		}
	}
	return a
}

// awoken tells of an account that was silent and is busy now, from elsewhere.
func awoken(w *window, actor int) *suspicion {
	h := w.actors[actor]
	p := w.peers[group(h.actor().Kind)]
	a := w.awakened(h)
	if a == nil || len(a.since) > calm {
		return nil
	}
	now := float64(a.since.sum(requestsOf)) / float64(len(a.since))
	before := float64(a.before.sum(requestsOf)) / float64(len(a.before))
	if now < minAwake || now < busier*before {
		return nil
	}
	where := placesOf(a.since)
	return &suspicion{
		title: fmt.Sprintf("Silent for %s, and busy from elsewhere", inDays(a.silent)),
		reason: fmt.Sprintf("silent for %s, then %.0f requests a day from %s, where it had never been; before it made %.0f a day, and others make %.0f",
			inDays(a.silent), now, told(where), before, p.daily.median()),
		statistic: finding.Statistic{
			Series: "requests a day after a silence", Unit: "requests", Expected: before, Upper: max(before, p.daily.upper()), Seen: now,
			Probability: p.returned * p.daily.above(now), Parts: where,
		},
	}
}
