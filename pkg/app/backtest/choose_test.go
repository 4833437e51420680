package backtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// loaded are rules as a service has them: bursts by client and user over
// requests, two steps, and a rule for others.
const loaded = `title: A request
name: a_request
id: 22222222-2222-4222-8222-222222222222
logsource: {category: webserver}
detection:
  selection: {c-ip|exists: true}
  condition: selection
---
title: Bursts
name: bursts
correlation:
  type: event_count
  rules: [a_request]
  group-by: [client_address, user]
  timespan: 1m
  condition: {gte: 5}
---
title: Bursts of bursts
correlation:
  type: event_count
  rules: [bursts]
  group-by: [client_address]
  timespan: 1h
  condition: {gte: 2}
`

func collection(t testing.TB, text string) *sigma.Collection {
	t.Helper()
	c, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "loaded.yml", Data: []byte(text)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return c
}

func TestChoose(t *testing.T) {
	c := collection(t, loaded)
	f := func(name, key string, rules, correlations int) {
		t.Helper()
		got, err := Choose(c, name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Keys, []string{key}) || len(got.Collection.Rules) != rules || len(got.Collection.Correlations) != correlations {
			t.Errorf("%s: %v, %d rules, %d correlations", name, got.Keys, len(got.Collection.Rules), len(got.Collection.Correlations))
		}
		for m := range got.metas() {
			if m.Key() != key {
				t.Errorf("%s: asks for %s", name, m.Key())
			}
		}
	}
	const id = "22222222-2222-4222-8222-222222222222"
	f(id, id, 1, 0)
	f("a_request", id, 1, 0)
	f("bursts", "bursts", 1, 1)
	f("BURSTS OF BURSTS", "Bursts of bursts", 1, 2)
	for _, r := range c.Rules {
		if !r.Silent {
			t.Errorf("%s is not silent any more: the loaded rules were changed", r.Title)
		}
	}
	_, err := Choose(c, "Burst")
	if !errors.Is(err, ErrNoRule) || !strings.Contains(err.Error(), `did you mean "Bursts"?`) {
		t.Errorf("got %v", err)
	}
	if _, err := Choose(c, ""); !errors.Is(err, ErrNoRule) {
		t.Errorf("no name: %v", err)
	}
}

func TestASilentRuleIsHeardWhenAskedFor(t *testing.T) {
	c, err := Choose(collection(t, loaded), "a_request")
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory().ask(0, "192.0.2.1", "/", 200)
	if b := run(t, h, request(c)); b.Matches != 1 {
		t.Errorf("%d matches", b.Matches)
	}
}

func TestMembersDoNotCount(t *testing.T) {
	c, err := Choose(collection(t, strings.NewReplacer(
		"condition: {gte: 5}", "condition: {gte: 5}\n  generate: true", ", user]", "]").Replace(loaded)), "bursts")
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory()
	for range 6 {
		h.ask(0, "192.0.2.1", "/", 200)
	}
	if b := run(t, h, request(c)); b.Matches != 1 || len(b.Rules) != 1 {
		t.Errorf("%d matches of %+v", b.Matches, b.Rules)
	}
}

func TestParseMayReferToLoadedRules(t *testing.T) {
	sources := []sigma.Source{{Name: "loaded.yml", Data: []byte(loaded)}}
	c, mistakes := Parse(sigma.Options{}, "mine", `title: Mine
correlation:
  type: event_count
  rules: [a_request]
  group-by: [client_address]
  timespan: 1m
  condition: {gte: 2}
`, sources)
	if len(mistakes) > 0 || !slices.Equal(c.Keys, []string{"Mine"}) || len(c.Collection.Rules) != 1 || len(c.Collection.Correlations) != 1 {
		t.Errorf("%+v, %v", c, mistakes)
	}
	// A changed version of a loaded rule is read by itself.
	if _, mistakes := Parse(sigma.Options{}, "mine", probing, append(sources, sigma.Source{Name: "b.yml", Data: []byte(probing)})); len(mistakes) > 0 {
		t.Error(mistakes)
	}
	f := func(text string) {
		t.Helper()
		if _, mistakes := Parse(sigma.Options{}, "mine", text, sources); len(mistakes) == 0 || mistakes[0].File != "mine" {
			t.Errorf("%q: %v", text, mistakes)
		}
	}
	f("")
	f("title: x")
	f("title: [")
	f("title: x\ncorrelation: {type: event_count, rules: [nothing], timespan: 1m, condition: {gte: 2}}")
}

func TestWhatIsRememberedByClient(t *testing.T) {
	f := func(want bool, change ...string) {
		t.Helper()
		if got := byClient(collection(t, strings.NewReplacer(change...).Replace(loaded))); got != want {
			t.Errorf("%q: %t", change, got)
		}
	}
	f(true)
	f(true, "[client_address, user]", "[src_ip]")
	f(false, "[client_address, user]", "[user]")
	f(false, "  group-by: [client_address, user]\n", "")
	f(true, "group-by: [client_address, user]\n", "group-by: [who]\n  aliases: {who: {a_request: c-ip}}\n")
	f(false, "group-by: [client_address, user]\n", "group-by: [who]\n  aliases: {who: {a_request: cs-username}}\n")
}

func TestFields(t *testing.T) {
	got := Fields(collection(t, strings.Replace(loaded, "c-ip|exists: true", "c-ip|exists: true, cs-method|fieldref: cs-host", 1)))
	if want := []string{"c-ip", "client_address", "cs-host", "cs-method", "user"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
