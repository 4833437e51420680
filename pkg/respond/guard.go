package respond

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ErrRefused is what every Refusal is, for errors.Is.
var ErrRefused = errors.New("refused by the guard")

// Refusal is the guard's no. Its text is for people.
type Refusal struct {
	Rule      string `json:"rule"`   // which of the guard's rules: "allowlist", "trusted-hop", "budget" …
	Reason    string `json:"reason"` // with the target in it
	Hint      string `json:"hint,omitempty"`
	NeedAdmin bool   `json:"need_admin,omitempty"` // an admin may
}

// Error implements error.
func (r *Refusal) Error() string { return "refused by the guard: " + r.Reason }

// Is makes every refusal an ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// The widest prefixes that anybody but an admin may block.
const (
	WidestIPv4 = 16
	WidestIPv6 = 32
)

// GuardOptions are what the guard protects besides what it always does.
type GuardOptions struct {
	Allow       []netip.Prefix // never blocked, by nobody
	TrustedHops []netip.Prefix // our proxies: blocking one blocks everybody behind it
	Own         []netip.Prefix // our own addresses
}

// Guard has the last word on every block, a person's too. It is immutable and
// safe for concurrent use.
type Guard struct{ protected []protection }

type protection struct {
	rule, what, hint string
	list             *block.Allowlist
}

// reserved are addresses that no client on the network has, or that everybody
// shares.
var reserved = [...]string{
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
	"::/128", "::1/128", "fe80::/10", "ff00::/8",
}

// NewGuard makes a guard.
func NewGuard(o GuardOptions) *Guard {
	fixed := make([]netip.Prefix, 0, len(reserved))
	for _, p := range reserved {
		fixed = append(fixed, netip.MustParsePrefix(p))
	}
	return &Guard{protected: []protection{
		{"reserved", "loopback, link-local, unspecified or multicast addresses", "block the client's own address", block.NewAllowlist(fixed)},
		{"allowlist", "an address of the allowlist", "take it off the allowlist in the configuration first", block.NewAllowlist(o.Allow)},
		{"trusted-hop", "one of our trusted proxies", "everybody behind it would be blocked: block the client behind it", block.NewAllowlist(o.TrustedHops)},
		{"own-address", "one of our own addresses", "honeymoat would cut itself off", block.NewAllowlist(o.Own)},
	}}
}

// Asker is who asks for a block. The zero Asker is honeymoat itself.
type Asker struct {
	Admin   bool
	Address netip.Addr // that the request came from; invalid when there is none
}

// Check gives nil when a block of the target may be made, else a *Refusal.
func (g *Guard) Check(t block.Target, by Asker) error {
	if err := g.checkWidth(t, by); err != nil {
		return err
	}
	if p := t.Prefix(); by.Address.IsValid() && p.Contains(by.Address.Unmap().WithZone("")) {
		return &Refusal{Rule: "caller", Reason: fmt.Sprintf("%s holds your own address %s", t, by.Address), Hint: "you would lock yourself out"}
	}
	for _, p := range g.protected {
		if p.list.Overlaps(t) {
			return &Refusal{Rule: p.rule, Reason: fmt.Sprintf("%s holds %s", t, p.what), Hint: p.hint}
		}
	}
	return nil
}

func (g *Guard) checkWidth(t block.Target, by Asker) error {
	p := t.Prefix()
	widest := WidestIPv4
	if p.Addr().Is6() {
		widest = WidestIPv6
	}
	switch {
	case !p.IsValid():
		return &Refusal{Rule: "target", Reason: "there is no target", Hint: "give an address or a prefix"}
	case p.Bits() == 0:
		return &Refusal{Rule: "everybody", Reason: fmt.Sprintf("%s is everybody", t), Hint: "nobody may block that"}
	case p.Bits() < widest && !by.Admin:
		return &Refusal{
			Rule: "width", Reason: fmt.Sprintf("%s is wider than a /%d", t, widest),
			Hint: "ask an admin, or block narrower prefixes", NeedAdmin: true,
		}
	}
	return nil
}
