package respond

import (
	"fmt"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// GuardOptions are what the guard protects besides what it always does.
type GuardOptions struct {
	Allow       []netip.Prefix // never blocked, by nobody
	TrustedHops []netip.Prefix // our proxies: blocking one blocks everybody behind it
	Monitors    []netip.Prefix // that look whether we are there
	Own         []netip.Prefix // our own addresses and egress
}

// Guard has the last word on every block, a person's too. It knows what is
// protected and what is too wide; what depends on traffic, on exemptions and
// on how much was blocked of late is the ledger's. It is immutable and safe
// for concurrent use.
type Guard struct{ protected []protection }

type protection struct {
	rule, what, hint string
	list             *block.Allowlist
	exempt           bool // agents are told to let these pass, too
}

// reserved are addresses that no client on the network has, or that everybody
// shares.
var reserved = [...]string{
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
	"::/128", "::1/128", "fe80::/10", "ff00::/8",
}

// mappedIPv4 is where IPv6 has the addresses of IPv4. Prefixes within are IPv4's
// own by the time that they are a target.
var mappedIPv4 = netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff})

// NewGuard makes a guard.
func NewGuard(o GuardOptions) *Guard {
	fixed := make([]netip.Prefix, 0, len(reserved))
	for _, p := range reserved {
		fixed = append(fixed, netip.MustParsePrefix(p))
	}
	return &Guard{protected: []protection{
		{"reserved", "loopback, link-local, unspecified or multicast addresses", "block the client's own address", block.NewAllowlist(fixed), false},
		{"allowlist", "an address of the allowlist", "take it off the allowlist in the configuration first", block.NewAllowlist(o.Allow), true},
		{"trusted-hop", "one of our trusted proxies", "everybody behind it would be blocked: block the client behind it", block.NewAllowlist(o.TrustedHops), false},
		{"monitor", "one of our monitors", "it would tell that we are down: take it out of network.monitors first", block.NewAllowlist(o.Monitors), true},
		{"own-address", "one of our own addresses", "honeymoat would cut itself off: leave it out of what you block", block.NewAllowlist(o.Own), false},
	}}
}

// Asker is who asks for a block. The zero Asker is honeymoat itself.
type Asker struct {
	Name    string // by which gateways may know the asker too; empty when there is none
	Admin   bool
	Address netip.Addr // that the request came from; invalid when there is none
	// Exempt tells whether agents let all of these addresses pass whatever is
	// blocked: around those a person may block. nil: around nobody.
	Exempt func(netip.Prefix) bool
}

// Check gives the guard's word on a block of the target: Allowed, Refused, or
// NeedsApproval. keys are those of the block's segment. Exemptions are judged
// by CheckExemption.
func (g *Guard) Check(t block.Target, by Asker, keys []block.MatchKey) Ruling {
	r := g.protects(t, by.Exempt)
	if r == nil {
		r = by.hits(t, keys)
	}
	if r != nil {
		g.showWayOut(r, t, by)
		return refusedBy(r)
	}
	return checkWidth(t, by)
}

// CheckExemption gives the guard's word on an exemption: one that lets many
// through whatever they do is an admin's decision.
func (g *Guard) CheckExemption(t block.Target, by Asker) Ruling {
	switch {
	case !t.Valid():
		return checkWidth(t, by)
	case matchesEverybody(t):
		return wide(by, "everybody", fmt.Sprintf("%s exempts everybody: nothing would be blocked any more", t))
	case !by.Admin && (tooWide(t.Prefix(), WidestIPv4, WidestIPv6) || !t.Prefix().IsValid() && !namesSomebody(t)):
		return refusedBy(&Refusal{
			Rule: "width", Reason: fmt.Sprintf("an exemption of %s lets many through, whatever they do", t),
			Hint: "ask an admin, or exempt narrower prefixes or single users", NeedAdmin: true,
		})
	}
	return Ruling{Word: Allowed}
}

// Protects gives why no rule may ever block the target, or nil.
func (g *Guard) Protects(t block.Target) *Refusal { return g.protects(t, nil) }

// protects is Protects for somebody who may block around those who are exempt.
func (g *Guard) protects(t block.Target, exempt func(netip.Prefix) bool) *Refusal {
	if p := t.Prefix(); p.IsValid() && p.Bits() == 0 && t.Plain() {
		return &Refusal{Rule: "everybody", Reason: fmt.Sprintf("%s is everybody", t), Hint: "nobody may block that"}
	}
	if p := t.Prefix(); p.IsValid() && p.Addr().Is6() && p.Contains(mappedIPv4) {
		return &Refusal{
			Rule: "everybody", Reason: fmt.Sprintf("%s holds all of IPv4, as gateways may write it in IPv6", t), Hint: "block narrower prefixes",
		}
	}
	for _, p := range g.protected {
		if met := p.list.Meets(t); met.IsValid() && !p.passes(t, met, exempt) {
			return &Refusal{Rule: p.rule, Reason: fmt.Sprintf("%s holds %s%s", t, p.what, naming(met, t)), Hint: p.hint}
		}
	}
	return nil
}

// passes tells whether agents let those pass whom a target meets, and there is
// somebody else in it.
func (p *protection) passes(t block.Target, met netip.Prefix, exempt func(netip.Prefix) bool) bool {
	if !p.exempt || exempt == nil || met.Bits() <= t.Prefix().Bits() {
		return false
	}
	for within := range p.list.Within(t) {
		if !exempt(within) {
			return false
		}
	}
	return true
}

// naming names what of a list a target holds, unless that is the target itself.
func naming(met netip.Prefix, t block.Target) string {
	switch {
	case met == t.Prefix():
		return ""
	case met.IsSingleIP():
		return ": " + met.Addr().String()
	}
	return ": " + met.String()
}

// hits tells why a block would lock its asker out, or gives nil.
func (by Asker) hits(t block.Target, keys []block.MatchKey) *Refusal {
	refusal := func(what string) *Refusal {
		return &Refusal{Rule: "caller", Reason: fmt.Sprintf("%s holds %s", t, what), Hint: "you would lock yourself out: have somebody else do it"}
	}
	if p := t.Prefix(); by.Address.IsValid() && p.Contains(canonical(by.Address)) {
		return refusal("your own address " + by.Address.String())
	}
	if by.Name == "" {
		return nil
	}
	for _, c := range t.Criteria() {
		if c.Scope.Principal() && isHashOf(c, by.Name, keys) {
			return refusal("yourself, as the " + string(c.Scope) + " " + by.Name)
		}
	}
	return nil
}

// isHashOf tells whether a criterion names a value, hashed or not.
func isHashOf(c block.Criterion, value string, keys []block.MatchKey) bool {
	if c.Value == value {
		return true
	}
	if !c.Scope.Secret() {
		return false
	}
	for _, k := range keys {
		if k.Hash(c.Scope, value) == c.Value {
			return true
		}
	}
	return false
}
