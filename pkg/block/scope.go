package block

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is what kind of thing a block matches.
type Scope string

// The scopes. A prefix of full length is an address. Users, keys, tokens and
// sessions are matched by the hashes of a MatchKey.
const (
	ScopeAddress     Scope = "address"
	ScopePrefix      Scope = "prefix"
	ScopeUser        Scope = "user"
	ScopeApplication Scope = "application"
	ScopeKey         Scope = "key"
	ScopeToken       Scope = "token"
	ScopeSession     Scope = "session"
	ScopeFingerprint Scope = "fingerprint"
	ScopeUserAgent   Scope = "user_agent"
	ScopeRoute       Scope = "route" // "/orders/{id}", "POST /login", "/admin/**"
	ScopeAPI         Scope = "api"
	ScopeCountry     Scope = "country" // two letters
	ScopeNetwork     Scope = "network" // "AS64500"
)

// scopes lists all, in the order of their codes in a target, which is also
// that of how few requests one of them usually matches. Codes are on disk and
// on the wire: only append.
var scopes = [...]Scope{
	ScopeAddress, ScopePrefix, ScopeKey, ScopeToken, ScopeSession, ScopeUser, ScopeFingerprint,
	ScopeApplication, ScopeUserAgent, ScopeRoute, ScopeAPI, ScopeNetwork, ScopeCountry,
}

// Scopes lists all scopes.
func Scopes() []Scope { return slices.Clone(scopes[:]) }

// ParseScope checks the name of a scope.
func ParseScope(s string) (Scope, error) {
	if slices.Contains(scopes[:], Scope(s)) {
		return Scope(s), nil
	}
	return "", fmt.Errorf("block scope %q: want one of %v", s, scopes)
}

// Secret tells whether a scope's values are known by their hashes only.
func (s Scope) Secret() bool {
	return s == ScopeUser || s == ScopeKey || s == ScopeToken || s == ScopeSession
}

// Principal tells whether a scope names who is behind a request, wherever the
// request comes from.
func (s Scope) Principal() bool { return s.Secret() || s == ScopeApplication }

func (s Scope) code() byte { return byte(slices.Index(scopes[:], s)) }

// MaxValue bounds a criterion's value, in bytes. Of a longer user agent the
// beginning is compared.
const MaxValue = 512

// canonical checks a value and writes it in the one way in which it is kept.
func (s Scope) canonical(v string) (string, error) {
	switch {
	case v == "" || len(v) > MaxValue || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xFFFD }):
		return "", fmt.Errorf("block on %s %q: want 1 to %d bytes of printable text", s, v, MaxValue)
	case s.Secret() && !IsMatched(v):
		return "", fmt.Errorf("block on %s: want a hash under a match key of the segment, as the service makes it", s)
	}
	switch s {
	case ScopeCountry:
		v = strings.ToUpper(v)
		if len(v) != 2 || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return "", fmt.Errorf("block on country %q: want two letters, as in ISO 3166", v)
		}
	case ScopeNetwork:
		digits := strings.TrimLeft(strings.TrimPrefix(strings.ToUpper(v), "AS"), "0")
		if len(digits) == 0 || len(digits) > 10 || strings.Trim(digits, "0123456789") != "" {
			return "", fmt.Errorf("block on network %q: want the number of an autonomous system, such as AS64500", v)
		}
		v = "AS" + digits
	case ScopeRoute:
		return canonicalRoute(v)
	}
	return v, nil
}
