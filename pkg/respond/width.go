package respond

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// The widest prefixes that anybody but an admin may block, and those that no
// single person may.
const (
	WidestIPv4 = 16
	WidestIPv6 = 32
	SharedIPv4 = 8
	SharedIPv6 = 20
)

// checkWidth judges how many a target may match, whoever they are.
func checkWidth(t block.Target, by Asker) Ruling {
	switch p := t.Prefix(); {
	case !t.Valid():
		return refusedBy(&Refusal{Rule: "target", Reason: "there is no target", Hint: "give an address, a prefix or another scope"})
	case matchesEverybody(t):
		return wide(by, "everybody", fmt.Sprintf("%s matches everybody", t))
	case tooWide(p, SharedIPv4+1, SharedIPv6+1) && !namesSomebody(t):
		return wide(by, "width", fmt.Sprintf("%s is as wide as a /%d or wider", t, widest(p, SharedIPv4, SharedIPv6)))
	case by.Admin || namesSomebody(t):
		return Ruling{Word: Allowed}
	case tooWide(p, WidestIPv4, WidestIPv6):
		return refusedBy(&Refusal{
			Rule: "width", Reason: fmt.Sprintf("%s is wider than a /%d", t, widest(p, WidestIPv4, WidestIPv6)),
			Hint: "ask an admin, or block narrower prefixes", NeedAdmin: true,
		})
	case !p.IsValid() && !namesSoftware(t):
		return refusedBy(&Refusal{
			Rule: "broad", Reason: fmt.Sprintf("%s names neither an address nor somebody: it may match any number of people", t),
			Hint: "ask an admin, or add an address, a user or a fingerprint to it", NeedAdmin: true,
		})
	}
	return Ruling{Word: Allowed}
}

// wide is the word on what takes an admin and a second person.
func wide(by Asker, rule, reason string) Ruling {
	if !by.Admin {
		return refusedBy(&Refusal{Rule: rule, Reason: reason, Hint: "ask an admin; a second person has to approve it then", NeedAdmin: true})
	}
	return approvalFor(&Refusal{Rule: rule, Reason: reason, Hint: "a second person has to approve it"})
}

// matchesEverybody tells whether no request, or hardly one, fails to meet the
// target: all addresses, all routes, and nothing else that is asked for.
func matchesEverybody(t block.Target) bool {
	return t.Valid() && !slices.ContainsFunc(t.Criteria(), func(c block.Criterion) bool {
		switch c.Scope {
		case block.ScopeAddress, block.ScopePrefix:
			return t.Prefix().Bits() > 0
		case block.ScopeRoute:
			_, path, withMethod := strings.Cut(c.Value, " ")
			if !withMethod {
				path = c.Value
			}
			return !everyRoute(path)
		default:
			return true
		}
	})
}

// namesSomebody tells whether a target asks for one principal: then its other
// criteria can only make it narrower.
func namesSomebody(t block.Target) bool {
	return slices.ContainsFunc(t.Criteria(), func(c block.Criterion) bool { return c.Scope.Secret() })
}

// namesSoftware tells whether a target asks for one kind of client or
// application.
func namesSoftware(t block.Target) bool {
	return slices.ContainsFunc(t.Criteria(), func(c block.Criterion) bool {
		return c.Scope == block.ScopeFingerprint || c.Scope == block.ScopeUserAgent || c.Scope == block.ScopeApplication
	})
}

func tooWide(p netip.Prefix, v4, v6 int) bool { return p.IsValid() && p.Bits() < widest(p, v4, v6) }

func widest(p netip.Prefix, v4, v6 int) int {
	if p.Addr().Is6() {
		return v6
	}
	return v4
}
