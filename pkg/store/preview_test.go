package store

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// hashOf stands for the service's keyed hashes, under two keys.
func hashOf(kind, value string) []string { return []string{"k1:" + kind + value, "k2:" + kind + value} }

// TestPreviewOfEveryScope: a target hits what it says, and several criteria
// what has all of them.
func TestPreviewOfEveryScope(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	add := func(client, method, path string, status int64, fields map[event.TextField]string) {
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
		b.SetString(event.Method, method)
		b.SetString(event.Path, path)
		b.SetString(event.Host, "h")
		b.SetNumber(event.Status, status)
		b.SetNumber(event.Time, today.UnixNano())
		b.SetNumber(event.Offset, int64(b.Rows())*100)
		for f, v := range fields {
			b.SetString(f, v)
		}
		b.EndRow()
	}
	longAgent := strings.Repeat("x", block.MaxValue)
	add("192.0.2.7", "POST", "/login", 200, map[event.TextField]string{event.User: "k1:useralice", event.UserAgent: "curl/8", event.Country: "AQ", event.Network: "AS64500"})
	add("192.0.2.9", "GET", "/orders/7", 302, map[event.TextField]string{event.User: "k2:useralice", event.API: "shop"})
	add("192.0.3.9", "GET", "/orders/7/items", 404, map[event.TextField]string{event.Principal: "k1:keysesame", event.PrincipalKind: "key", event.TLSFingerprint: "ja4"})
	add("2001:db8:1:2::5", "GET", "/admin", 500, map[event.TextField]string{event.Session: "k1:sessions1", event.Application: "app", event.UserAgent: longAgent + "more"})
	add("2001:db8:1:0:a:b:c:d", "GET", "/admin/users", 200, map[event.TextField]string{event.Principal: "k2:principaltoken"})
	add("2001:db8:2::5", "GET", "/x", 200, map[event.TextField]string{event.DecisionAction: "divert"})
	stored(t, s, b)

	day := wire.Period{Since: today.Add(-time.Hour), Until: today.Add(time.Hour)}
	f := func(want string, criteria ...block.Criterion) {
		t.Helper()
		got, err := s.Preview(t.Context(), criteria, hashOf, day)
		text := fmt.Sprintf("%d/%d/%d/%d", got.Requests, got.Successful, got.Clients, got.Principals)
		if err != nil || text != want || (got.Requests > 0) != (len(got.Routes) > 0) {
			t.Errorf("%v: %s, %v, want %s", criteria, text, err, want)
		}
	}
	c := func(s block.Scope, v string) block.Criterion { return block.Criterion{Scope: s, Value: v} }
	f("1/1/1/1", c(block.ScopeAddress, "192.0.2.7"))
	f("2/2/2/2", c(block.ScopePrefix, "192.0.2.0/24"))
	f("3/2/3/3", c(block.ScopePrefix, "192.0.0.0/20"))
	f("3/2/3/3", c(block.ScopePrefix, "128.0.0.0/1"))
	f("1/0/1/1", c(block.ScopePrefix, "2001:db8:1:2::/64"))
	f("2/1/2/2", c(block.ScopePrefix, "2001:db8:1::/48"))
	f("3/1/3/2", c(block.ScopePrefix, "2001:db8::/32"))
	f("2/2/2/2", c(block.ScopeUser, "alice"))
	f("1/1/1/1", c(block.ScopeUser, "k1:useralice"))
	f("0/0/0/0", c(block.ScopeUser, "bob"))
	f("1/1/1/1", c(block.ScopeUser, "alice"), c(block.ScopeRoute, "POST /login"))
	f("1/0/1/1", c(block.ScopeKey, "sesame"))
	f("1/1/1/1", c(block.ScopeToken, "token"))
	f("1/0/1/1", c(block.ScopeSession, "s1"))
	f("1/0/1/1", c(block.ScopeApplication, "app"))
	f("1/0/1/1", c(block.ScopeFingerprint, "ja4"))
	f("1/1/1/1", c(block.ScopeUserAgent, "curl/8"))
	f("1/0/1/1", c(block.ScopeUserAgent, longAgent))
	f("1/1/1/1", c(block.ScopeCountry, "AQ"), c(block.ScopeNetwork, "AS64500"))
	f("1/1/1/1", c(block.ScopeAPI, "shop"))
	f("1/1/1/1", c(block.ScopeRoute, "/orders/{}"))
	f("2/1/2/2", c(block.ScopeRoute, "/orders/**"))
	f("2/1/2/2", c(block.ScopeRoute, "GET /admin/**"))
	f("6/3/6/5", c(block.ScopeRoute, "/**"))
	f("0/0/0/0", c(block.ScopeRoute, "/order"))

	hashed := block.NewMatchKey([32]byte{}).Hash(block.ScopeUser, "alice")
	if _, err := s.Preview(t.Context(), []block.Criterion{c(block.ScopeUser, hashed)}, hashOf, day); err == nil {
		t.Error("nobody knows what the agents call whom")
	}
}

// TestRouteTexts holds the query's terms against what a block is on.
func TestRouteTexts(t *testing.T) {
	paths := []string{
		"/", "/;x", "/login", "/login/", "/login;x", "/login;x/", "/login/;x", "/login/a", "/loginx", "/login;x/a", "/a/login",
		"/orders/7", "/orders/7/", "/orders/7;v=2/items;x", "/orders/", "/orders;x/7", "/a.b", "/aXb",
	}
	for _, route := range []string{"/", "/**", "/login", "/login/", "POST /login", "/login/**", "/orders/{}", "/orders/{}/items", "/{}/login", "/a.b", "/{}/**"} {
		target, err := block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: route})
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		routeTexts(texts, route)
		expression := regexp.MustCompile(texts["path_expression"])
		for _, path := range paths {
			want := target.Meets(&block.Request{Method: "POST", Path: path}, nil)
			if got := strings.HasPrefix(path, texts["path_stem"]) && expression.MatchString(path); got != want {
				t.Errorf("%s: %s is counted: %v, want %v (%q)", route, path, got, want, texts)
			}
		}
	}
}

func TestStems(t *testing.T) {
	f := func(prefix, want string) {
		t.Helper()
		if got := stemOf(netip.MustParsePrefix(prefix)); got != want {
			t.Errorf("%s begins with %q, want %q", prefix, got, want)
		}
	}
	f("192.0.2.0/24", "192.0.2.")
	f("192.0.2.0/23", "192.0.")
	f("0.0.0.0/0", "")
	f("2001:db8:1:2::/64", "2001:db8:1:2:")
	f("2001:db8:1:0::/64", "2001:db8:1:")
	f("2001:db8::/32", "2001:db8:")
	f("2001:db8::/31", "2001:")
	f("::/0", "")
	f("1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:")
}

// BenchmarkPreview asks about a day of so many events as HONEYMOAT_PREVIEW_ROWS
// says; 1,000,000 where it is not set.
func BenchmarkPreview(b *testing.B) {
	rows := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("HONEYMOAT_PREVIEW_ROWS")); err == nil {
		rows = n
	}
	s, _ := migrated(b)
	fill := fmt.Sprintf(`INSERT INTO events (time, received, file, offset, client_address, method, host, path, route, status, user_agent, user)
		SELECT toDateTime64('2026-01-01', 9, 'UTC') + toIntervalMillisecond(intDiv(number * 86400000, %d)) AS at, at, 'f', number,
			concat('10.', toString(rand(1) %% 16), '.', toString(rand(2) %% 256), '.', toString(rand(3) %% 100)),
			if(number %% 5 = 0, 'POST', 'GET'), 'shop.example.com', concat('/', toString(rand(4) %% 40), '/items/', toString(rand(5) %% 1000000)),
			concat('/', toString(rand(4) %% 40), '/items/{id}'), 200 + 100 * (number %% 4), concat('agent ', toString(rand(6) %% 500)),
			if(number %% 3 = 0, lower(hex(sipHash128(rand(7) %% 100000))), '')
		FROM numbers(%d)`, rows, rows)
	for _, sql := range []string{fill, "OPTIMIZE TABLE events FINAL"} { // else its merges are measured too
		if err := s.conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	day := wire.Period{Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	for _, target := range []string{
		"10.1.2.3", "10.1.2.0/24", "10.0.0.0/8", "user:alice", "user_agent:agent 7", "route:POST /7/items/{}", "route:/**",
		"10.1.0.0/16 & user_agent:agent 7",
	} {
		criteria, err := block.ParseCriteria(target)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(target, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Preview(b.Context(), criteria, hashOf, day); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
