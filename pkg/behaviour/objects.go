package behaviour

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// What of the objects of a route is ordinary before anything is known.
const (
	usualErrors  = 0.1
	usualForeign = 0.1
	usualSmall   = 0.25
)

// ownersKnown is after how many times the time of learning it is known well enough
// to whom objects belong.
const ownersKnown = 3

// mayOwn is how many objects of a route in a window somebody may ask for and be
// taken for their owner: who reads everything owns nothing.
const mayOwn = 64

// object watches requests for objects.
func (p *pass) object(r *record, a *actor) {
	if r.template == nil || r.status < 200 || r.status == 401 || r.status >= 500 {
		return
	}
	id := r.asked.id
	if r.template.hole != noHole {
		id = r.template.hole.in(r.path)
	}
	if len(id) == 0 {
		return
	}
	t := a.follow(r.route)
	if t == nil {
		return
	}
	hash := p.observer.hash(id, r.route)
	if r.given {
		r.template.ids.add(hash)
	}
	mayClaim := t.ids.count < mayOwn
	if !t.ids.add(hash) {
		return
	}
	relation := unclaimed
	if a.kind != kindAddress {
		relation = p.observer.owners.ask(hash, r.actor, r.given, mayClaim)
	}
	t.note(r, id, relation)
	p.enumerated(r, a, t)
	p.trespassed(r, a, t)
}

// note takes in an object that the actor had not asked for before.
func (t *track) note(r *record, id []byte, relation relation) {
	t.looked++
	t.step(id)
	if r.denied {
		t.errors++
	}
	if relation == unclaimed {
		return
	}
	if t.known++; relation == others {
		t.foreign++
		if r.given {
			t.given++
		}
	}
}

// enumerated looks for a walk: more objects than peers have, and signs that the
// identifiers were not come by honestly: refusals, gaps, objects of others, or
// neighbour after neighbour.
func (p *pass) enumerated(r *record, a *actor, t *track) {
	count := float64(t.ids.count)
	if !p.wanted(a, enumeration, count) {
		return
	}
	people := a.people()
	if !p.wanted(a, enumeration, count/people) || float64(r.template.objects.n) < float64(p.observer.limits.Peers) {
		return
	}
	if count < habit*float64(a.past.objects) {
		return // that is what it does
	}
	known := r.template
	many := known.objects.tail(count / people)
	all := known.objects.n
	sign := rarest(
		max(strong(&known.errors, t.errors, t.looked, usualErrors), known.guessers.chance(t.errors, t.looked, all)),
		max(strong(&known.foreign, t.foreign, t.looked, usualForeign), known.strangers.chance(t.foreign, t.known, all)),
		max(strong(&known.small, t.small, t.steps, usualSmall), known.counters.chance(t.small, t.steps, all)),
	)
	chance := 1.0
	if many < 0.05 && sign < 0.02 {
		chance = together(many, sign)
	}
	if !p.judge(a, enumeration, count/people, chance, p.rare()) {
		return
	}
	p.say(enumeration, r, a, look{
		chance: chance, seen: count, series: "different objects of " + p.place(r), unit: "objects",
		tier: walkTier(t, chance), reason: walkReason(t, p.place(r), since(a, r), known),
	}.among(&known.objects))
}

// strong is how rare a share is, if it is a large one: a little more than usual
// is no sign, however sure.
func strong(s *share, hits, trials uint32, usual float64) float64 {
	if hits < 3 || float64(hits) < 0.25*float64(trials) {
		return 1
	}
	return s.tail(float64(hits), float64(trials), usual)
}

// walkTier is loud when objects of others were given.
func walkTier(t *track, chance float64) finding.Tier {
	if chance < 1e-8 && t.given >= 4 {
		return finding.Notify
	}
	return finding.Log
}

func walkReason(t *track, where, since string, known *route) string {
	text := fmt.Sprintf("%.0f different objects of %s in %s, of some %.0f that there are", t.ids.count, where, since, known.ids.count)
	of := func(n, all uint32, what string, usual float64) {
		if n > 0 && float64(n) > 2*usual*float64(all) {
			text += fmt.Sprintf("; %d of %d %s (ordinary: %.0f %%)", n, all, what, 100*usual)
		}
	}
	of(t.errors, t.looked, "were refused or not there", known.errors.mean(usualErrors))
	of(t.foreign, t.looked, "belong to others", known.foreign.mean(usualForeign))
	of(t.small, t.steps, "follow their neighbour by number", known.small.mean(usualSmall))
	return text
}

// trespassed looks for objects of others, however their identifiers came to be
// known.
func (p *pass) trespassed(r *record, a *actor, t *track) {
	known := r.template
	measure := float64(t.given)
	if !p.wanted(a, foreign, measure) || float64(known.foreign.n) < float64(p.observer.limits.Peers) {
		return
	}
	if measure < habit*float64(a.past.foreign) {
		return
	}
	chance := max(known.foreign.tail(float64(t.foreign), float64(t.looked), usualForeign), known.strangers.chance(t.foreign, t.known, known.objects.n))
	if !p.judge(a, foreign, measure, chance, p.rareAfter(ownersKnown)) {
		return
	}
	usual := known.foreign.mean(usualForeign)
	p.say(foreign, r, a, look{
		chance: chance, seen: measure, expected: usual * float64(t.looked), upper: min(3*usual, 1) * float64(t.looked),
		series: "objects of others at " + p.place(r), unit: "objects",
		reason: fmt.Sprintf("Of %d objects of %s %d are known to belong to others, and %d of those were given, in %s (ordinary: %.0f %% of others)",
			t.looked, p.place(r), t.foreign, t.given, since(a, r), 100*usual),
	})
}
