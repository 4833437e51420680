package ruletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
)

// load writes files and reads them as rules with tests.
func load(t *testing.T, files map[string]string) *ruleset.Set {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	set, err := ruleset.Load(ruleset.Options{Folders: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const probe = `title: A probe
logsource: {category: webserver}
detection: {sel: {cs-uri-stem: [/.env, /.git/config], cs-method: GET}, condition: sel}
`

const burst = `title: Burst
correlation: {type: event_count, rules: [missing], group-by: [client_address], timespan: 1m, condition: {gte: 3}}
---
title: Few
correlation: {type: event_count, rules: [seen], group-by: [client_address], timespan: 1m, condition: {lt: 2}}
---
title: Missing
name: missing
logsource: {category: webserver}
detection: {sel: {sc-status: 404}, condition: sel}
---
title: Seen
name: seen
logsource: {category: webserver}
detection: {sel: {sc-status: 200}, condition: sel}
`

func line(request string, status int) string {
	return fmt.Sprintf(`'203.0.113.7 - - [{time}] "%s HTTP/1.1" %d 5 "-" "-"'`, request, status)
}

func fixed(request string, status int) string {
	return strings.Replace(line(request, status), "{time}", "10/Oct/2025:13:00:00 +0000", 1)
}

// outcome is a report in short.
func outcome(r Report) []string {
	told := []string{fmt.Sprintf("%d rules, %d files, %d tests, %d lines", r.Rules, r.Files, r.Tests, r.Lines)}
	for _, m := range r.Mistakes {
		told = append(told, fmt.Sprintf("%s:%d is wrong", m.File, m.Line))
	}
	for _, f := range r.Failures {
		told = append(told, fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule.Title, f.Message))
	}
	for _, u := range r.Untested {
		told = append(told, "untested "+u.Title)
	}
	for _, c := range r.Coverage {
		for _, b := range c.Missed {
			told = append(told, fmt.Sprintf("%s misses %s", c.Title, b.Text))
		}
	}
	return told
}

func TestRun(t *testing.T) {
	f := func(name string, files map[string]string, want ...string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			t.Helper()
			if diff := cmp.Diff(want, outcome(Run(Options{Set: load(t, files)}))); diff != "" {
				t.Error(diff)
			}
		})
	}
	f("all is well", map[string]string{"a.yml": probe, "a.test.yml": "tests: [{match: [" + fixed("GET /.env", 200) + ", " + fixed("GET /%2egit/config", 200) + "], near: [" + fixed("GET /env", 200) + "]}]"},
		"1 rules, 1 files, 3 tests, 3 lines")
	f("it does not match", map[string]string{"a.yml": probe, "a.test.yml": "tests:\n  - match: [" + fixed("PUT /.env", 200) + "]"},
		"1 rules, 1 files, 1 tests, 1 lines",
		"a.test.yml:2: A probe: it does not match a line that it has to match",
		"A probe misses sel", "A probe misses cs-uri-stem: /.git/config", "A probe misses cs-method: GET")
	f("it is not silent", map[string]string{"a.yml": probe, "a.test.yml": "tests:\n  - near: [" + fixed("GET /.env", 200) + "]"},
		"1 rules, 1 files, 1 tests, 1 lines",
		"a.test.yml:2: A probe: it matches a line that it must not match", "untested A probe",
		"A probe misses cs-uri-stem: /.git/config")
	f("a line that cannot be read is no near miss", map[string]string{"a.yml": probe, "a.test.yml": "tests:\n  - near: [garbage]"},
		"1 rules, 1 files, 1 tests, 1 lines",
		"a.test.yml:2: A probe: it cannot be read as combined: no time in brackets", "untested A probe",
		"A probe misses sel", "A probe misses cs-uri-stem: /.env", "A probe misses cs-uri-stem: /.git/config", "A probe misses cs-method: GET")
	f("a rule without tests", map[string]string{"a.yml": probe}, "1 rules, 0 files, 0 tests, 0 lines", "untested A probe")
	f("a rule that was refused", map[string]string{"a.yml": strings.Replace(probe, "condition: sel", "condition: sell", 1), "a.test.yml": "tests: [{match: [x]}]"},
		"0 rules, 1 files, 0 tests, 0 lines", "a.yml:3 is wrong")
	f("a rule about other logs", map[string]string{"a.yml": strings.Replace(probe, "webserver", "dns", 1), "a.test.yml": "tests:\n  - match: [" + fixed("GET /.env", 200) + "]"},
		"0 rules, 1 files, 1 tests, 1 lines", `a.test.yml:2: A probe: it does not apply to our logs: logs of category "dns" are not access logs`)
	f("correlations", map[string]string{"b.yml": burst, "b.test.yml": `tests:
  - rule: Burst
    sequences:
      - {name: enough, want: match, repeat: {line: ` + line("GET /{i}", 404) + `, times: 3, every: 10s}}
      - {name: slow, want: silent, repeat: {line: ` + line("GET /{i}", 404) + `, times: 9, every: 40s}}
      - {name: other, want: match, repeat: {line: ` + line("GET /{i}", 200) + `, times: 3, every: 10s}}
  - rule: Few
    sequences:
      - {name: judged at the end, want: match, repeat: {line: ` + line("GET /", 200) + `, times: 1}}
      - {name: too many, want: silent, repeat: {line: ` + line("GET /", 200) + `, times: 3, every: 1s}}
    match: [` + fixed("GET /x", 404) + `]
  - rule: missing
    match: [` + fixed("GET /x", 404) + `]
`},
		"4 rules, 1 files, 7 tests, 21 lines",
		`b.test.yml:6: Burst: the sequence "other" does not complete it; in 3 lines there is "Missing" 0 times`,
		"b.test.yml:11: Few: one line does not complete it; write sequences")
}

// TestLongSequences runs more lines than a batch has.
func TestLongSequences(t *testing.T) {
	set := load(t, map[string]string{"b.yml": strings.Replace(burst, "gte: 3", "gte: 9000", 1), "b.test.yml": `tests:
  - rule: Burst
    sequences:
      - {name: all, want: match, repeat: {line: ` + line("GET /{i}", 404) + `, times: 9000, every: 1ms}}
      - {name: one less, want: silent, repeat: {line: ` + line("GET /{i}", 404) + `, times: 8999, every: 1ms}}
`})
	report := Run(Options{Set: set, Only: func(file string) bool { return file == "b.yml" }})
	if !report.OK() || report.Lines != 17999 {
		t.Errorf("%d lines, %v %v", report.Lines, report.Mistakes, report.Failures)
	}
	report = Run(Options{Set: set, Only: func(string) bool { return false }})
	if report.Lines != 0 || report.Rules != 0 {
		t.Errorf("what is not asked for was run: %+v", report)
	}
}
