package config

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestAgentEnforcing(t *testing.T) {
	a, err := ParseAgent("agent.yaml", []byte(`
allow: [192.0.2.7, "2001:db8::/48", "user:probe & route:GET /health", "country:aq"]
fail:
  - {route: "POST /payments/**", mode: closed}
  - {route: "/{any}", mode: open}
identify:
  user: ["header:X-Consumer-Username"]
  key: []
apis:
  - {api: shop, host: shop.example, prefix: /v1}
geo: {country: /var/lib/geo/country.mmdb}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Allow) != 4 || a.Allow[2].Criteria[0] != (block.Criterion{Scope: block.ScopeUser, Value: "probe"}) {
		t.Errorf("allow %+v", a.Allow)
	}
	if text, _ := a.Allow[2].MarshalText(); string(text) != "user:… & route:GET /health" {
		t.Errorf("shown as %s", text)
	}
	if target, err := a.Fail[0].Target(); err != nil || target.String() != "route:POST /payments/**" || !a.Fail[0].Closed() || a.Fail[1].Closed() {
		t.Errorf("fail %+v %v", a.Fail, err)
	}
	rules, err := a.Identify.Rules()
	if err != nil || strings.Join(rules.Headers(), " ") != "Authorization Cookie X-Consumer-Username" {
		t.Errorf("rules ask for %v, %v", rules.Headers(), err)
	}
	if table, err := a.APITable(); err != nil || table.Of("shop.example", "/v1/x") != "shop" {
		t.Error("no api", err)
	}
}

func TestAgentEnforcingMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ParseAgent("agent.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	f("allow: [192.0.2]", "agent.yaml:1:9: ")
	f("allow: ['country:Antarctica']", "two letters")
	f("allow:\n  - user:\n", "agent.yaml:2:")
	f("fail: [{route: payments, mode: closed}]", "agent.yaml:1:16: ")
	f("fail: [{route: /payments, mode: shut}]", "want open, closed")
	f("identify: {token: [bearer, X-Token]}", "agent.yaml:1:28: ")
	f("apis: [{host: shop.example}]", "want a name")
	f("apis: [{api: x, prefix: v1}]", "want a path")
}
