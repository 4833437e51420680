package block

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// The codes of the scopes in a target, in the order of how few requests one of
// them usually matches. They are on disk and on the wire: only append.
const (
	codeAddress byte = iota
	codePrefix
	codeKey
	codeToken
	codeSession
	codeUser
	codeFingerprint
	codeApplication
	codeUserAgent
	codeRoute
	codeAPI
	codeNetwork
	codeCountry
)

var scopes = [...]Scope{
	codeAddress: ScopeAddress, codePrefix: ScopePrefix, codeKey: ScopeKey, codeToken: ScopeToken,
	codeSession: ScopeSession, codeUser: ScopeUser, codeFingerprint: ScopeFingerprint,
	codeApplication: ScopeApplication, codeUserAgent: ScopeUserAgent, codeRoute: ScopeRoute,
	codeAPI: ScopeAPI, codeNetwork: ScopeNetwork, codeCountry: ScopeCountry,
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

// secretCode tells whether the scope with a code is Secret.
func secretCode(code byte) bool { return code >= codeKey && code <= codeUser }

const secretCodes = codeUser - codeKey + 1

func (s Scope) code() byte { return byte(slices.Index(scopes[:], s)) }

// MaxValue bounds a criterion's value, in bytes. Of a longer user agent the
// beginning is compared.
const MaxValue = 512

// CutValue is as much of a user agent as is compared: at most MaxValue bytes,
// and no half of a character.
func CutValue(v string) string {
	if len(v) <= MaxValue {
		return v
	}
	end := MaxValue
	for end > MaxValue-utf8.UTFMax && !utf8.RuneStart(v[end]) {
		end--
	}
	return v[:end]
}

// canonical checks a value and writes it in the one way in which it is kept.
func (s Scope) canonical(v string) (string, error) {
	if s == ScopeUserAgent {
		v = CutValue(v)
	}
	switch {
	case v == "" || len(v) > MaxValue || strings.ContainsFunc(v, notText):
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
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32)
		if err != nil || n == 0 {
			return "", fmt.Errorf("block on network %q: want the number of an autonomous system, such as AS64500", v)
		}
		v = "AS" + strconv.FormatUint(n, 10)
	case ScopeRoute:
		return canonicalRoute(v)
	}
	return v, nil
}

// notText tells control characters, and what stands for bytes that are no text.
func notText(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }
