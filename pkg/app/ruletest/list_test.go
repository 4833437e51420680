package ruletest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestList(t *testing.T) {
	set := load(t, map[string]string{
		"a.yml": `title: A
id: 6f2f1f0e-6a0e-4c51-9a35-4a2f5d0c9b11
level: high
tags: [attack.t1190, attack.initial-access, owasp.api8.2023]
logsource: {category: webserver}
detection: {sel: {sc-status: 404}, condition: sel}
honeymoat: {family: injection, block: {ttl: 1h, mode: enforce}}
`,
		"a.test.yml": "tests: []", "b.yml": burst,
		"dns.yml": "title: D\nlogsource: {category: dns}\ndetection: {sel: {query: x}, condition: sel}",
	})
	list := List(set, func(file string) bool { return file == "a.yml" })
	want := []Listed{{
		Rule: Rule{Key: "6f2f1f0e-6a0e-4c51-9a35-4a2f5d0c9b11", Title: "A", File: "a.yml", Line: 1}, Kind: "rule", Level: "high",
		Family: "injection", Tier: finding.Notify, Block: &Block{LifetimeSeconds: 3600, Mode: "enforce"},
		OWASP: []string{"api8.2023"}, Attack: []string{"initial-access", "t1190"}, Tested: true,
	}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	kinds := map[string]int{}
	for _, l := range List(set, nil) {
		kinds[l.Kind]++
		if l.Silent {
			kinds["silent"]++
		}
		if l.Skipped != "" {
			kinds["skipped"]++
		}
	}
	if diff := cmp.Diff(map[string]int{"rule": 4, "correlation": 2, "silent": 2, "skipped": 1}, kinds); diff != "" {
		t.Error(diff)
	}
}
