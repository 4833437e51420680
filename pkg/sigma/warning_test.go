package sigma

import (
	"strings"
	"testing"
)

const complete = `title: A rule
id: 11111111-1111-4111-8111-111111111111
description: For a test.
tags: [attack.t1190]
logsource:
    category: webserver
detection:
    selection:
        a|contains: x
    condition: selection
falsepositives: [none]
level: high
`

func TestWarnings(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		c := parseAll(t, Options{}, Source{"w.yml", []byte(text)})
		got := c.Warnings()
		if want == "" && len(got) > 0 || len(got) > 1 || !strings.Contains(got.Error(), want) {
			t.Errorf("%s\nis warned of as %v\nwant %s", text, got, want)
		}
	}
	with := func(old, new, want string) {
		t.Helper()
		if !strings.Contains(complete, old) {
			t.Fatalf("%q is not there", old)
		}
		f(strings.Replace(complete, old, new, 1), want)
	}
	f(complete, "")
	with("id: 11111111-1111-4111-8111-111111111111\n", "", "w.yml:1:1: there is no id: findings are known by the title")
	with("level: high\n", "", "w.yml:1:1: there is no level")
	with("description: For a test.\n", "", "w.yml:1:1: there is no description")
	with("falsepositives: [none]\n", "", "w.yml:1:1: there is no falsepositives, though its level is high")
	with("attack.t1190", "T1190", `w.yml:4:7: the tag "T1190" has no namespace`)
	with("level: high", "level: high\nstatus: deprecated", "w.yml:13:9: the status is deprecated")
	with("level: high", "level: high\nmodifed: 2025-01-01", `w.yml:13:1: nobody reads the key "modifed" (did you mean "modified"?)`)
	with("level: high", "levl: high", `w.yml:12:1: there is no level: its findings are only logged (did you mean "level" by "levl"?)`)
	with("level: high", "level:", `w.yml:12:1: there is no level`)
	with("falsepositives: [none]\nlevel: high", "falsepositive: [none]\nlevel: low", `w.yml:11:1: nobody reads the key "falsepositive" (did you mean "falsepositives"?)`)
	with("level: high", "level: high\nstatus: tset", `w.yml:13:9: there is no status "tset" (did you mean "test"?)`)
	with("id: 11111111-1111-4111-8111-111111111111", "id: my-rule", "w.yml:2:5: the id \"my-rule\" is no UUID")
	with("attack.t1190", "foo", `has no namespace, or other characters than a-z, 0-9, -, _ and . (write it with a namespace, such as attack.foo)`)
	with("attack.t1190", "Attack.T1190", `(write attack.t1190)`)
	with("attack.t1190", "'My Tag'", `(write it with a namespace, such as attack.my-tag)`)
	with("attack.t1190", "'!'", `(write it with a namespace, such as attack.t1190)`)
	with("level: high", "level: low\nhoneymoat: {block: {ttl: 1h, mode: enforce}}", "w.yml:13:13: a block is enforced on a level below medium")
	with("level: high", "level: high\nhoneymoat: {block: {ttl: 1h, scope: [route, country]}}", "w.yml:13:37: the block names nobody")
	with("level: high", "level: high\nhoneymoat: {block: {ttl: 1h, scope: [route, address]}}", "")
	with("    condition", "    other: {b: 1}\n    condition", `w.yml:10:5: the condition does not use the search "other"`)
	with("a|contains: x", "a|contains: '*x'", `w.yml:9:21: a|contains: the modifier puts the wildcard there already (take the wildcard out)`)
	with("a|contains: x", "a|startswith: 'x*'", `the modifier puts the wildcard there already`)
	with("a|contains: x", "a: '*x*'", `wildcards stand at both ends (write contains)`)
	with("a|contains: x", "a: '*x'", "")
	with("a|contains: x", "a|contains|all: x", `w.yml:9:9: a|contains|all: all is about several values, and there is one (take all out)`)
	with("a|contains: x", "a|contains: [x, y, X]", `w.yml:9:28: a|contains: "X" is there twice`)
	with("a|contains: x", "a|contains|cased: [x, y, X]", "")
	with("a|contains: x", "a|re|i: 'x/y'", `the regular expression is plain text (write contains, which costs less)`)
	with("a|contains: x", "a|re|startswith: 'x/y'", `the regular expression is plain text (write startswith|cased, which costs less)`)
	with("a|contains: x", "a|re|ignorecase|startswith|endswith: 'x/y'", `the regular expression is plain text (take re out, which costs less)`)
	with("a|contains: x", "a|re: 'x/y\\.z'", `the regular expression is plain text (write contains|cased, which costs less)`)
	with("a|contains: x", "a|re: 'x+'", "")
	with("a|contains: x", "a: '%office%'", `w.yml:9:12: a: %office% is compared as it stands (write a|expand if it is a placeholder)`)
	with("a|contains: x", "a: ['%c0%', '100%', '%%', 'x%y%', '%a b%']", "")
	with("a|contains: x", "a|contains: '%comspec%'", "")
	with("a|contains: x", "a|re: ''", `the regular expression is found in everything`)
	with("a|contains: x", "a|cidr: 192.0.2.7/24", `the network 192.0.2.7/24 has bits set behind its prefix (write 192.0.2.0/24)`)
	f(complete+"---\n"+strings.Replace(complete, "1111-1111", "1111-1112", 1), `w.yml:14:8: the title is also that of w.yml:1`)
}

func TestWarningsOfCorrelations(t *testing.T) {
	f := func(condition, want string) {
		t.Helper()
		c := parseAll(t, Options{}, Source{"w.yml", []byte(base("rule_a") + `title: Many
id: 11111111-1111-4111-8111-111111111111
description: For a test.
level: low
correlation:
    type: event_count
    rules: [rule_a]
    timespan: 1h
    condition: ` + condition + "\n")})
		if got := c.Warnings().Error(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
	f("{gte: 5}", "")
	f("{gte: 5, lt: 10}", "")
	f("{lt: 5}", "w.yml:18:17: the condition has no lower bound: one event is enough to meet it (add gt or gte)")
	f("{gte: 5}\n    group: [a]", `nobody reads the key "group" of correlation`)
}
