package match

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// verdict asks program and plain evaluator about the first row of a batch;
// they have to agree.
func verdict(t *testing.T, r *sigma.Rule, b *event.Batch, o Options) bool {
	t.Helper()
	plain := Holds(r, b, 0, o)
	s := Compile([]*sigma.Rule{r}, o).Scanner()
	for range 2 { // the second time from what is kept
		if compiled := len(hits(s, b)) > 0; compiled != plain {
			t.Errorf("the program says %v, the plain evaluator %v", compiled, plain)
		}
	}
	return plain
}

// asks makes a rule of one search.
func asks(items string) string {
	return ruleOf("    selection:\n        " + items + "\n    condition: selection\n")
}

func TestValuesAreCompared(t *testing.T) {
	q := request{
		method: "GET", host: "Shop.Example", path: "/Admin/Login.PHP", query: "user=Größe&x=1", protocol: "HTTP/1.1",
		agent: "Nikto/2.1", referer: "https://shop.example/", user: "alice", status: 404, bytes: 512, client: "192.0.2.7",
		forwarded: "203.0.113.9, 10.0.0.1", at: 1_760_104_536, // 2025-10-10T13:55:36Z, a Friday
	}
	f := func(item string, want bool) {
		t.Helper()
		if got := verdict(t, parse(t, asks(item))[0], batchOf(q), Options{}); got != want {
			t.Errorf("%s: %v, want %v", item, got, want)
		}
	}
	// Case and wildcards.
	f(`path: /admin/login.php`, true)
	f(`path|cased: /admin/login.php`, false)
	f(`path|cased: /Admin/Login.PHP`, true)
	f(`path: /admin`, false)
	f(`path: /admin*`, true)
	f(`path: "*login*php"`, true)
	f(`path: "*login*html"`, false)
	f(`path: /admin/log??.php`, true)
	f(`path: /admin/log?.php`, false)
	f(`path: /admin\*`, false)
	f(`path: "*"`, true)
	f(`query|contains: GRÖSSE`, false)
	f(`query|contains: GRÖßE`, true)
	f(`query|contains: "gr??e"`, true)
	f(`query|contains: "gr???e"`, false)
	f(`query|contains|cased: größe`, false)
	f(`user_agent|startswith: nikto`, true)
	f(`user_agent|endswith: nikto`, false)
	f(`path|contains|all: [admin, login]`, true)
	f(`path|contains|all: [admin, logout]`, false)
	f(`path|contains: [nothing, login]`, true)
	// Regular expressions.
	f(`path|re: /Admin/\w+`, true)
	f(`path|re: /admin/\w+`, false)
	f(`path|re|i: ^/admin/\w+\.php$`, true)
	f(`user_agent|re: ^\d`, false)
	// Null, exists and the empty text.
	f(`cs-cookie: null`, true)
	f(`cs-cookie: ''`, true)
	f(`cs-cookie|exists: false`, true)
	f(`cs-cookie|exists: true`, false)
	f(`cs-cookie: "*"`, false)
	f(`session: null`, true)
	f(`user: null`, false)
	f(`user: ''`, false)
	f(`user|exists: true`, true)
	f(`no-such-field|exists: false`, true)
	f(`no-such-field|contains: a`, false)
	// neq holds when no value of the field is the same.
	f(`cs-method|neq: POST`, true)
	f(`cs-method|neq: GET`, false)
	f(`cs-method|neq: [POST, GET]`, false)
	f(`cs-uri-query|neq: /Admin/Login.PHP`, false)
	f(`cs-uri-query|neq: /admin`, true)
	f(`session|neq: abc`, true)
	// Numbers.
	f(`sc-status: 404`, true)
	f(`sc-status: '404'`, true)
	f(`sc-status: 40?`, true)
	f(`sc-status|contains: '04'`, true)
	f(`sc-status: [200, 404]`, true)
	f(`sc-status|neq: 404`, false)
	f(`sc-status|gte: 400`, true)
	f(`sc-status|lt: 404`, false)
	f(`sc-bytes|gt: 511.5`, true)
	f(`request_bytes|lt: 5`, false)
	f(`query|contains: 1`, true)
	f(`cs-method: true`, false)
	// Networks.
	f(`c-ip|cidr: 192.0.2.0/24`, true)
	f(`c-ip|cidr: 198.51.100.0/24`, false)
	f(`c-ip|cidr: ::ffff:192.0.2.0/120`, true)
	f(`c-ip|cidr: 2001:db8::/32`, false)
	f(`c-ip|cidr: [198.51.100.0/24, 192.0.2.7/32]`, true)
	f(`c-ip: 192.0.2.*`, true)
	f(`src_ip: 192.0.2.7`, true)
	f(`forwarded_for|cidr: 10.0.0.0/8`, true)
	f(`dst_ip|cidr: 10.0.0.0/8`, false)
	// Fields against fields.
	f(`referer|fieldref|contains: host`, true)
	f(`referer|fieldref: host`, false)
	f(`path|fieldref: path`, true)
	f(`path|fieldref|cased: path`, true)
	f(`session|fieldref: tenant`, false)
	// Parts of the time.
	f(`time|hour: 13`, true)
	f(`time|minute: 55`, true)
	f(`time|day: 10`, true)
	f(`time|week: 41`, true)
	f(`time|month: 10`, true)
	f(`time|year: 2025`, true)
	f(`time|hour: [1, 2]`, false)
	f(`date: 2025-10-*`, true)
	f(`time: 2025-10-10T13:55:36Z`, true)
	f(`status|hour: 13`, false)
	// Fields that are put together.
	f(`cs-uri-query: /admin/login.php?user=*`, true) // the wildcard ? is also a question mark
	f(`cs-uri-query: /admin/login.php??user=*`, false)
	f(`cs-uri-query: /admin/login.php\?user=*`, true)
	f(`cs-uri-query|startswith: user=`, true)
	f(`cs-uri-query|endswith: login.php`, true)
	f(`cs-uri-query: null`, false)
	f(`cs-uri-stem: /admin/login.php`, true)
	f(`c-uri|startswith: shop.example/admin`, true)
	f(`c-uri-extension: php`, true)
	f(`request: get /admin/login.php\?user=größe&x=1 http/1.1`, true)
	f(`USER_AGENT|contains: NIKTO`, true)
}

func TestKeywordsAreSearchedEverywhere(t *testing.T) {
	q := request{method: "POST", path: "/a b", query: "enc=%3Cb%3E", protocol: "HTTP/1.0", agent: "Nikto", status: 200}
	f := func(search string, want bool) {
		t.Helper()
		rule := ruleOf("    keywords:\n" + search + "\n    condition: keywords\n")
		if got := verdict(t, parse(t, rule)[0], batchOf(q), Options{}); got != want {
			t.Errorf("%s: %v, want %v", search, got, want)
		}
	}
	f("        - nikto", true)
	f("        - 'enc='", true)
	f("        - 'post /a b?enc'", true)
	f("        - 'http/1.0'", true)
	f("        - '<b>'", true)
	f("        - '<b> http'", true)
	f("        - 'b?c'", false)
	f("        - nothing\n        - NIKTO", true)
	f("        '|all':\n            - POST\n            - 200\n            - nikto", true)
	f("        '|all':\n            - POST\n            - 404", false)
	f("        - 20", true)
}

func TestDecodedFormsAreSeen(t *testing.T) {
	q := request{method: "GET", path: "/a/%2e%2e/etc/pass%77d", query: "q=%253Cscript%253E&r=union+select", agent: "${jndi:%6cdap}"}
	f := func(item string, o Options, want bool) {
		t.Helper()
		if got := verdict(t, parse(t, asks(item))[0], batchOf(q), o); got != want {
			t.Errorf("%s with %+v: %v, want %v", item, o, got, want)
		}
	}
	for item, raw := range map[string]bool{
		`path|contains: /etc/passwd`:          false,
		`query|contains: "<script>"`:          false,
		`query|contains: "union select"`:      false,
		`target|contains: "passwd?q=<script"`: false,
		`cs-uri-query|contains: "%3Cscript"`:  false, // what is encoded twice
		`user_agent|contains: "jndi:ldap"`:    false,
		`path|contains: "%2e"`:                true,
		`request|startswith: "get /a/../etc"`: false,
	} {
		f(item, Options{}, true)
		f(item, Options{Raw: true}, raw)
	}
}
