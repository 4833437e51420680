package nginx

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// TestFlattenAgainstAllThatMatch: the longest match in the flat table is the
// strongest of all that match.
func TestFlattenAgainstAllThatMatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	actions := []block.Action{block.Deny, block.Flag, block.Divert, block.Drop, block.Allow}
	for range 300 {
		entries := map[block.Target]mirror.Entry{}
		for i := range 1 + rng.IntN(12) {
			p := block.PrefixTarget(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.IntN(16))}), 27+rng.IntN(6)))
			a := actions[rng.IntN(len(actions))]
			if a == block.Allow {
				p = p.Exempt()
			}
			entries[p] = mirror.Entry{Target: p, ID: block.ID(i + 1), Action: a}
		}
		var all []held
		for _, e := range entries {
			all = append(all, held{e.Target.Prefix(), &e})
		}
		flat := flatten(slices.Clone(all))
		for i := range 32 {
			client := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			want, got := strongest(all, client), longest(flat, client)
			if (want == nil) != (got == nil) || want != nil && want.Action != got.Action {
				t.Fatalf("%s: %+v, want %+v of %+v", client, got, want, entries)
			}
		}
	}
}

func strongest(all []held, client netip.Addr) *mirror.Entry {
	var best *mirror.Entry
	for _, h := range all {
		if h.prefix.Contains(client) && (best == nil || h.entry.Action.Stronger(best.Action)) {
			best = h.entry
		}
	}
	return best
}

func longest(flat []held, client netip.Addr) *mirror.Entry {
	var best held
	for _, h := range flat {
		if h.prefix.Contains(client) && (best.entry == nil || h.prefix.Bits() > best.prefix.Bits()) {
			best = h
		}
	}
	return best.entry
}

// TestRoutePatterns: a pattern matches what the block, or the exemption,
// matches, but for a block on what is behind dots with parameters.
func TestRoutePatterns(t *testing.T) {
	routes := []string{"/", "/**", "/a", "/a/", "/a/{id}", "/a/{id}/", "/a/**", "/a/{x}/b", "POST /a", "GET /a/**", "/a.b+c", "/{x}/**", "/...", "/a;x", "POST /"}
	paths := []string{
		"/", "/a", "/a/", "/a/b", "/a/x/b", "/a/x/b/", "/ab", "/a.b+c", "/aXb+c", "/a/\n", "/a\n", "/b/c/d", "/...", "/.../a", "/a/....",
		"/a;x", "/a;", "/a;x/", "/a/;x", "/;x/a", "/.;/a", "/;", "/a;x/b;y", "/a;x/b;y/b;z/;/.;", "/a/;v", "/a/.;", "/a/.x;y", "/a/..x", "/a/b;x/.a",
	}
	hidden := []string{"/a/..;", "/a/..;/a", "/x/..;y/a", "/..;/a", "/a/b/..;/..;x/a", "/a/...;", "/b/..;/a/x/b"}
	f := func(target block.Target, pattern *regexp.Regexp, path string, agrees func(got, want bool) bool) {
		t.Helper()
		for _, method := range []string{"GET", "POST"} {
			want := target.Meets(&block.Request{Method: method, Path: path}, nil)
			if got := pattern.MatchString(method + " " + path); !agrees(got, want) {
				t.Errorf("%s, exempt %v: %s %q: %v, want %v", target, target.Exemption(), method, path, got, want)
			}
		}
	}
	same := func(got, want bool) bool { return got == want }
	notMore := func(got, want bool) bool { return want || !got }
	for _, route := range routes {
		target := parse(t, "route:"+route, block.Deny)
		canonical, _ := target.Value(block.ScopeRoute)
		blocked := regexp.MustCompile("(?s)" + routePattern(canonical, false))
		exempt := regexp.MustCompile("(?s)" + routePattern(canonical, true))
		for _, path := range paths {
			f(target, blocked, path, same)
			f(target.Exempt(), exempt, path, same)
		}
		for _, path := range hidden {
			f(target, blocked, path, notMore)
			f(target.Exempt(), exempt, path, same)
		}
	}
}

func TestQuotedTexts(t *testing.T) {
	for _, text := range []string{"plain", `a"b\c`, "(x) [y] {z} ^$.*+?|", "ünïcode", "~start"} {
		if !regexp.MustCompile(exactly(block.ScopeAPI, text)).MatchString(text) {
			t.Errorf("%q does not match itself by %s", text, exactly(block.ScopeAPI, text))
		}
	}
	long := strings.Repeat("a", block.MaxValue)
	if p := regexp.MustCompile(exactly(block.ScopeUserAgent, long)); !p.MatchString(long + "b") {
		t.Error("a user agent that is longer than what is compared does not match")
	}
	if got := token(`a"b\c`); got != `"a\"b\\c"` {
		t.Errorf("token %s", got)
	}
}

func TestRenderIsBounded(t *testing.T) {
	h := holds{scopes: DefaultScopes(), actions: []block.Action{block.Deny}}
	var all []mirror.Entry
	for i := range 10 {
		all = append(all, mirror.Entry{Target: parse(t, fmt.Sprintf("192.0.2.%d", i), block.Deny), ID: block.ID(i + 1), Until: time.Duration(i)})
	}
	all = append(all, mirror.Entry{Target: parse(t, "192.0.2.100", block.Allow), ID: 99, Action: block.Allow})
	r := h.render(all, 4)
	text := string(r.files[addressFile])
	if r.over != 7 || r.entries != 4 || !strings.Contains(text, `192.0.2.100/32 "allow"`) || !strings.Contains(text, "192.0.2.9/32") || strings.Contains(text, "192.0.2.6/32") {
		t.Errorf("%d over, %d entries:\n%s", r.over, r.entries, text)
	}
}

func TestWhatNginxCanHold(t *testing.T) {
	h := holds{scopes: DefaultScopes(), actions: []block.Action{block.Deny}}
	f := func(target string, a block.Action, want bool) {
		t.Helper()
		if got := h.want(parse(t, target, a), a); got != want {
			t.Errorf("%s of %s: %v", a, target, got)
		}
	}
	f("192.0.2.7", block.Deny, true)
	f("192.0.2.7", block.Throttle, false)
	f("country:AQ", block.Deny, false)
	f("country:AQ", block.Allow, false)
	f("192.0.2.7 & country:AQ", block.Deny, false)
	f("192.0.2.7 & country:AQ", block.Allow, true)
}

// The first route that fits decides; what is open is met letter by letter.
func TestFailMap(t *testing.T) {
	lines := string(FailMap([]FailRoute{{"GET /payments/{id}", false}, {"/payments/**", true}, {"nonsense", true}}))
	mode := func(request string) string {
		for line := range strings.Lines(lines) {
			quoted, mode, is := strings.Cut(strings.TrimSuffix(line, ";\n"), "\" ")
			if !is {
				continue // the heading
			}
			pattern := strings.ReplaceAll(strings.TrimPrefix(quoted, "\"~"), `\\`, `\`)
			if regexp.MustCompile("(?s)" + pattern).MatchString(request) {
				return mode
			}
		}
		return "default"
	}
	for request, want := range map[string]string{
		"GET /": "default", "GET /payments/7": "open", "POST /payments/7": "closed", "GET /payments/": "closed",
		"GET /payments": "closed", "GET /payments;x/7": "closed", "GET /payments/7;x": "open", "GET /payments/7/x": "closed", "GET /paymentsx": "default", "nonsense": "default",
	} {
		if got := mode(request); got != want {
			t.Errorf("%s: %s, want %s\n%s", request, got, want, lines)
		}
	}
}
