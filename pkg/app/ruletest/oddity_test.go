package ruletest

import (
	"strings"
	"testing"
)

func TestOddities(t *testing.T) {
	f := func(detection, extension, want string) {
		t.Helper()
		set := load(t, map[string]string{"a.yml": `title: A
id: 6f2f1f0e-6a0e-4c51-9a35-4a2f5d0c9b11
description: x
level: medium
logsource: {category: webserver}
detection:
  sel: ` + detection + `
  condition: sel
honeymoat: ` + extension + "\n"})
		l := Check(set, nil)
		if got := l.Warnings.Error(); !strings.Contains(got, want) || want == "" && got != "" || len(l.Warnings) > 1 {
			t.Errorf("%s %s is warned of as %s\nwant %s", detection, extension, got, want)
		}
	}
	f(`{attack: [sqli, sqlii]}`, "{}", `a.yml:7:9: attack: there is no kind of attack "sqlii" (did you mean "sqli"?)`)
	f(`{Attack.query: elvish}`, "{}", `a.yml:7:9: Attack.query: there is no kind of attack "elvish" (the kinds are sqli, xss`)
	f(`{attack: 5}`, "{}", `there is no kind of attack "5"`)
	f(`{attack: [SQLi, 'sq*', '']}`, "{}", "")
	f(`{attack|exists: true}`, "{}", "")
	const enforce, everybody = "{block: {ttl: 1h, mode: enforce}}", `a.yml:1:1: the rule matches ordinary requests, and its block is enforced (narrow it, or begin with "mode: rollout")`
	f(`{path: '*'}`, enforce, everybody)
	f(`{path|contains: /}`, enforce, everybody)
	f(`{path|re: '^.*$'}`, enforce, everybody)
	f(`{sc-status|gte: 100}`, enforce, everybody)
	f(`{path: '*'}`, "{block: {ttl: 1h}}", "")
	f(`{path: '*'}`, "{}", "")
	f(`{path: /, cs-method: '*'}`, enforce, "")
	f(`{cs-username: '*'}`, enforce, "")
	f(`{attack: '*'}`, enforce, "")
}

// A filter is part of each of its rules, and is told of once.
func TestOdditiesOfFiltersAreToldOnce(t *testing.T) {
	l := Check(load(t, map[string]string{"a.yml": `title: A
logsource: {category: webserver}
detection: {sel: {path: /a}, condition: sel}
---
title: B
logsource: {category: webserver}
detection: {sel: {path: /b}, condition: sel}
`, "f.yml": "title: F\nlogsource: {category: webserver}\nfilter: {rules: any, s: {attack: xs}, condition: not s}\n"}), nil)
	if n := strings.Count(l.Warnings.Error(), `f.yml:3:26: attack: there is no kind of attack "xs" (did you mean "xss"?)`); n != 1 {
		t.Errorf("told %d times: %s", n, l.Warnings.Error())
	}
}
