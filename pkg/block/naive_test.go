package block

import (
	"cmp"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// naive is blocks as a list that is gone through from end to end: what a Set
// is checked against. It shares no code with it but for Share and Hash.
type naive map[Target]naiveBlock

type naiveBlock struct {
	Delta
	from time.Duration
}

func (n naive) apply(d Delta, now time.Duration) {
	delete(n, d.Target)
	if !d.Removed {
		n[d.Target] = naiveBlock{d, now}
	}
}

// met is a block that a request meets.
type met struct {
	naiveBlock
	segment  string
	enforced bool
}

func (n naive) met(segment string, r *Request, keys []MatchKey, now time.Duration) []met {
	var all []met
	for t, b := range n {
		if now < b.from+b.Left && naiveMeets(t, r, keys) {
			enforced := b.Mode == Enforce || b.Mode == Canary && Share(b.ID, r.Client, r.User) < b.Percent
			all = append(all, met{b, segment, enforced})
		}
	}
	return all
}

// naiveDecision says in words what several blocks amount to: what is enforced
// before what is not, then by strength, then what asks for more, then what is
// for fewer addresses, then by id.
func naiveDecision(all []met) (first, flag met) {
	order := map[Action]int{Allow: 6, Drop: 5, Deny: 4, Divert: 3, Throttle: 2, Flag: 1}
	slices.SortFunc(all, func(a, b met) int {
		if a.enforced != b.enforced {
			if a.enforced {
				return -1
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(order[b.Action], order[a.Action]),
			cmp.Compare(weight(b.Target), weight(a.Target)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	if len(all) > 0 {
		first = all[0]
	}
	if i := slices.IndexFunc(all, func(m met) bool { return m.enforced && m.Action == Flag }); i >= 0 && first.Action != Allow {
		flag = all[i]
	}
	return first, flag
}

func weight(t Target) int {
	w := 0
	for _, c := range t.Criteria() {
		w += 1_000
		if c.Scope == ScopePrefix || c.Scope == ScopeAddress {
			w += t.Prefix().Bits()
		}
	}
	return w
}

func naiveMeets(t Target, r *Request, keys []MatchKey) bool {
	for _, c := range t.Criteria() {
		if c.Scope == ScopeRoute && t.Exemption() && !naiveExempt(c.Value, r.Method, r.Path) {
			return false
		}
		if !naiveHas(c, r, keys) {
			return false
		}
	}
	return true
}

func naiveHas(c Criterion, r *Request, keys []MatchKey) bool {
	secret := func(has string) bool {
		return has != "" && slices.ContainsFunc(keys, func(k MatchKey) bool { return k.Hash(c.Scope, has) == c.Value })
	}
	clear := func(has string) bool { return has != "" && has == c.Value }
	switch c.Scope {
	case ScopeAddress:
		return netip.MustParseAddr(c.Value) == r.Client.Unmap().WithZone("")
	case ScopePrefix:
		return netip.MustParsePrefix(c.Value).Contains(r.Client.Unmap().WithZone(""))
	case ScopeRoute:
		return naiveBlocked(c.Value, r.Method, r.Path)
	case ScopeUser:
		return secret(r.User)
	case ScopeKey:
		return secret(r.Key)
	case ScopeToken:
		return secret(r.Token)
	case ScopeSession:
		return secret(r.Session)
	case ScopeApplication:
		return clear(r.Application)
	case ScopeFingerprint:
		return clear(r.Fingerprint)
	case ScopeUserAgent:
		return clear(r.UserAgent)
	case ScopeAPI:
		return clear(r.API)
	case ScopeNetwork:
		return clear(r.Network)
	case ScopeCountry:
		return clear(r.Country)
	default:
		panic("a scope that the list does not know: " + c.Scope)
	}
}

var (
	parameters = regexp.MustCompile(`;[^/]*`)
	hiding     = regexp.MustCompile(`/\.?\.?;|\x00`)
)

// naiveBlocked has a route match in any spelling.
func naiveBlocked(route, method, asked string) bool {
	bare := asked
	if strings.ContainsAny(asked, ";\x00") && strings.HasPrefix(asked, "/") {
		bare, _, _ = strings.Cut(asked, "\x00")
		bare = path.Clean(parameters.ReplaceAllString(bare, ""))
	}
	route = naiveTrim(route)
	return naiveRoute(route, method, naiveTrim(asked)) || naiveRoute(route, method, naiveTrim(bare))
}

// naiveExempt has a route match where the path is what it says.
func naiveExempt(route, method, asked string) bool {
	return naiveRoute(route, method, asked) && !hiding.MatchString(asked)
}

func naiveTrim(text string) string {
	trimmed := strings.TrimRight(text, "/")
	if trimmed != text && (trimmed == "" || strings.HasSuffix(trimmed, " ")) {
		return trimmed + "/"
	}
	return trimmed
}

// naiveRoute makes a regular expression of a route.
func naiveRoute(route, method, path string) bool {
	if m, rest, ok := strings.Cut(route, " /"); ok {
		if m != method {
			return false
		}
		route = "/" + rest
	}
	pattern := regexp.QuoteMeta(route)
	if beginning, ok := strings.CutSuffix(pattern, `/\*\*`); ok {
		pattern = beginning + "(?:/.*)?"
	}
	pattern = strings.ReplaceAll(pattern, `/\{\}`, "/[^/]+")
	return strings.HasPrefix(path, "/") && regexp.MustCompile("(?s)^"+pattern+"$").MatchString(path)
}
