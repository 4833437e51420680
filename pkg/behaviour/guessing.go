package behaviour

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// peersOf is what is ordinary of sign-ins at a site; nil when too little is
// known.
func (p *pass) peersOf(site uint64, of func(*signInPeers) float32) *signInPeers {
	o := p.observer
	place := o.sites.find(site)
	if place < 0 {
		return nil
	}
	known := &o.sites.at(place).signIns
	if float64(of(known)) < float64(o.limits.Peers) {
		return nil
	}
	return known
}

// stuffed looks for an address at which sign-ins fail: more than elsewhere, a
// greater share of them, and with more names. An address at which one name
// fails has somebody who has forgotten his password.
func (p *pass) stuffed(r *record, s *signIn) {
	failures := float64(s.failures)
	if int(s.failures) < p.observer.limits.Failures || float32(failures) < s.next {
		return
	}
	known := p.peersOf(s.site, func(k *signInPeers) float32 { return k.failures.n })
	if known == nil {
		return
	}
	chance, names := 1.0, float64(s.others.count)
	share := max(known.failed.tail(failures, float64(s.attempts), usualFailed), known.guessers.chance(s.failures, s.attempts, known.failures.n))
	many := known.failures.tail(failures)
	if share < 0.05 && many < 0.05 && (names == 0 || names >= 3) {
		if chance = together(share, many); names > 0 && known.names.n >= 8 {
			chance = together(share, many, known.names.tail(names))
		}
	}
	s.chance = float32(chance)
	if p.observer.disabled[stuffing] || !s.judge(failures, chance, p.rare()) {
		return
	}
	reason := fmt.Sprintf("%d of %d sign-ins from there failed in %s (ordinary: %.0f %%)",
		s.failures, s.attempts, lasting(s.start, r.time), 100*known.failed.mean(usualFailed))
	if names > 0 {
		reason += fmt.Sprintf(", with some %.0f different names", names)
	}
	p.sayOf(stuffing, r, p.clientOf(r), s.start, int(s.told)-1, look{
		chance: chance, seen: failures, series: "failed sign-ins of an address at " + p.siteName(r), unit: "sign-ins", reason: reason,
	}.among(&known.failures))
}

// clientOf is the record's client, as findings name it.
func (p *pass) clientOf(r *record) finding.Actor {
	return finding.ActorOf(p.batch.Addr(event.ClientAddress, r.row))
}

// scattered looks for a name that fails at many addresses.
func (p *pass) scattered(r *record, s *signIn) {
	addresses := float64(s.others.count)
	if addresses < float64(p.observer.limits.Networks) || float32(addresses) < s.next || p.observer.disabled[distributed] {
		return
	}
	known := p.peersOf(s.site, func(k *signInPeers) float32 { return k.spread.n })
	if known == nil {
		return
	}
	chance := known.spread.tail(addresses)
	if !s.judge(addresses, chance, p.rare()) {
		return
	}
	whom := finding.Actor{Kind: finding.User, Value: string(p.batch.Text(event.User, r.row))}
	p.sayOf(distributed, r, whom, s.start, int(s.told)-1, look{
		chance: chance, seen: addresses, series: "addresses at which a name fails at " + p.siteName(r), unit: "addresses",
		reason: fmt.Sprintf("The name failed %d times, from some %.0f different addresses, in %s", s.failures, addresses, lasting(s.start, r.time)),
	}.among(&known.spread))
}

// guessed looks for a success in the middle of guessing: from an address whose
// failures are beyond what is ordinary, by the client that failed.
func (p *pass) guessed(r *record, s *signIn) {
	if s.guessed || int(s.failures) < p.observer.limits.Failures || s.agent != uint32(r.agent) || p.observer.disabled[guessed] {
		return
	}
	known := p.peersOf(s.site, func(k *signInPeers) float32 { return k.failures.n })
	if known == nil || s.chance == 0 || float64(s.chance) >= 10*p.rare() {
		return
	}
	s.guessed = true
	whom := p.clientOf(r)
	if name := p.batch.Text(event.User, r.row); len(name) > 0 {
		whom = finding.Actor{Kind: finding.User, Value: string(name)}
	}
	p.sayOf(guessed, r, whom, s.start, 0, look{
		chance: float64(s.chance), seen: float64(s.failures), tier: finding.Notify,
		series: "failed sign-ins of an address before one that succeeds at " + p.siteName(r), unit: "sign-ins",
		reason: fmt.Sprintf("%d of %d sign-ins failed in %s at one address, and then one succeeded there, by the same client",
			s.failures, s.attempts, lasting(s.start, r.time)),
	}.among(&known.failures))
}
