package sigma

import (
	"strings"
	"testing"
)

const versioned = `
title: A rule
id: 11111111-1111-4111-8111-111111111111
name: a_rule
description: For a test.
tags: [attack.t1190]
logsource:
    category: webserver
detection:
    selection:
        path|contains: '/x'
        status: [1, 2]
    condition: selection
level: low
honeymoat:
    family: injection
    block: {ttl: 1h}
---
title: Many
correlation:
    type: event_count
    rules: [a_rule]
    group-by: [client_address]
    timespan: 1h
    condition: {gte: 5}
    aliases:
        x: {a_rule: y}
`

func versions(t *testing.T, text string) (rule, correlation string) {
	t.Helper()
	c := parseAll(t, Options{}, Source{Name: "v.yml", Data: []byte(text)})
	return c.Rules[0].Version, c.Correlations[0].Version
}

func TestVersionStays(t *testing.T) {
	rule, correlation := versions(t, versioned)
	f := func(old, new string) {
		t.Helper()
		text := strings.Replace(versioned, old, new, 1)
		if text == versioned {
			t.Fatalf("%q is not there", old)
		}
		if r, c := versions(t, text); r != rule || c != correlation {
			t.Errorf("%q for %q made another version", new, old)
		}
	}
	f("A rule", "Another title")
	f("For a test.", "For something else. # and a comment")
	f("'/x'", `"/x"   # quoted otherwise`)
	f("[1, 2]", "\n            - 1\n            - 0x2")
	f("level: low", "level: medium") // both are logged
	f("111111111111\n", "222222222222\n")
	if r, c := versions(t, strings.ReplaceAll(versioned, "selection", "chosen")); r != rule || c != correlation {
		t.Error("a search's name made another version")
	}
}

func TestVersionChanges(t *testing.T) {
	rule, correlation := versions(t, versioned)
	both := func(old, new string) {
		t.Helper()
		if r, c := versions(t, strings.Replace(versioned, old, new, 1)); r == rule || c == correlation {
			t.Errorf("%q for %q kept a version", new, old)
		}
	}
	both("'/x'", `'/y'`)
	both("'/x'", `'/X'`)
	both("contains", `startswith`)
	both("contains", `contains|cased`)
	both("contains", `contains|neq`)
	both("[1, 2]", "[1, '2']")
	both("[1, 2]", "[1, 3]")
	both("category: webserver", "category: proxy")
	both("condition: selection", "condition: not selection")
	ruleOnly := func(old, new string) {
		t.Helper()
		if r, c := versions(t, strings.Replace(versioned, old, new, 1)); r == rule || c != correlation {
			t.Errorf("%q for %q: rule changed %v, correlation changed %v", new, old, r != rule, c != correlation)
		}
	}
	ruleOnly("ttl: 1h", "ttl: 2h")
	ruleOnly("ttl: 1h", "ttl: 1h, mode: enforce")
	ruleOnly("family: injection", "family: scanner")
	ruleOnly("family: injection", "tier: page")
	ruleOnly("level: low", "level: high")
	correlationOnly := func(old, new string) {
		t.Helper()
		if r, c := versions(t, strings.Replace(versioned, old, new, 1)); r != rule || c == correlation {
			t.Errorf("%q for %q: rule changed %v, correlation changed %v", new, old, r != rule, c != correlation)
		}
	}
	correlationOnly("timespan: 1h", "timespan: 2h")
	correlationOnly("gte: 5", "gte: 6")
	correlationOnly("gte: 5", "gt: 5")
	correlationOnly("[client_address]", "[client_address, host]")
	correlationOnly("a_rule: y", "a_rule: z")
	correlationOnly("aliases", "generate: true\n    aliases")
}

func TestFilterChangesTheVersionsOfItsRules(t *testing.T) {
	rule, correlation := versions(t, versioned)
	r, c := versions(t, versioned+"---\ntitle: f\nlogsource: {category: webserver}\nfilter: {rules: any, selection: {a: 1}, condition: not selection}\n")
	if r == rule || c == correlation {
		t.Error("a version stayed")
	}
}
