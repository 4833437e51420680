package ruletest

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

const several = `title: Narrow
logsource: {category: webserver}
detection:
  path: {cs-uri-stem|endswith: .env}
  method: {cs-method: PUT}
  condition: path and method
---
title: Ordinary
logsource: {category: webserver}
detection:
  method: {cs-method: GET}
  path: {cs-uri-stem: /other}
  condition: method and path
---
title: Filtered
logsource: {category: webserver}
detection:
  path: {cs-uri-stem|endswith: .env}
  ours: {c-ip|cidr: 203.0.113.0/24}
  condition: path and not ours
---
title: Wide
logsource: {category: webserver}
detection:
  path: {cs-uri-stem|contains: env}
  condition: path
`

func explain(t *testing.T, rules string, asked ...string) Explained {
	t.Helper()
	e, err := NewExplainer(load(t, map[string]string{"a.yml": rules}), asked)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Line(&Log{Parse: accesslog.Options{Format: "combined"}}, `203.0.113.7 - - [10/Oct/2025:13:00:00 +0000] "GET /%2eenv?a=%2e HTTP/1.1" 404 5 "-" "-"`)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func titles(all []Verdict) (told []string) {
	for _, v := range all {
		mark := Mark(v.Held)
		if v.Asked {
			mark += " asked"
		}
		told = append(told, mark+" "+v.Title)
	}
	return told
}

func TestExplainTellsWhatIsNear(t *testing.T) {
	x := explain(t, several)
	want := []string{"✔ Wide", "✘ Filtered", "✘ Narrow"}
	if diff := cmp.Diff(want, titles(x.Rules)); diff != "" {
		t.Error(diff)
	}
	if x.Matched != 1 || x.Near != 2 || x.Looked != 4 || x.Format != "combined" {
		t.Errorf("%+v", x)
	}
}

func TestExplainAnswersWhatIsAsked(t *testing.T) {
	x := explain(t, several, "ordinary", "Wide")
	if diff := cmp.Diff([]string{"✔ Wide", "✘ asked Ordinary"}, titles(x.Rules)); diff != "" {
		t.Error(diff)
	}
	x = explain(t, burst, "Burst")
	if diff := cmp.Diff([]string{"✔ Missing", "✘ asked Burst"}, titles(x.Rules)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Burst"}, []string{x.Rules[0].CountedBy[0].Title}); diff != "" {
		t.Error(diff)
	}
}

func TestExplainShowsFields(t *testing.T) {
	got := map[string]Seen{}
	for _, s := range explain(t, several).Fields {
		got[s.Field] = s
	}
	want := Seen{Field: "path", Value: "/%2eenv", Decoded: []string{"/.env"}}
	if diff := cmp.Diff(want, got["path"]); diff != "" {
		t.Error(diff)
	}
	if got["time"].Value != "2025-10-10T13:00:00Z" || got["status"].Value != "404" || got["duration"].Value != "" {
		t.Errorf("%+v", got)
	}
}

func TestTree(t *testing.T) {
	var out bytes.Buffer
	x := explain(t, several, "Filtered")
	for _, v := range x.Rules {
		WriteTree(&out, v.Explanation, "> ")
	}
	want := `> ✔ path
>   ✔ cs-uri-stem|contains: env  (path: /%2eenv)
> ✘ all of
>   ✔ path
>     ✔ cs-uri-stem|endswith: .env  (path, decoded: /.env)
>   ✘ not ours
>     ✔ c-ip|cidr: 203.0.113.0/24  (client_address: 203.0.113.7)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestItemText(t *testing.T) {
	f := func(s match.Step, want string) {
		t.Helper()
		if got := itemText(&s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	asked := func(texts ...string) (all []match.Asked) {
		for _, text := range texts {
			all = append(all, match.Asked{Text: text})
		}
		return all
	}
	f(match.Step{Text: "user", Values: asked("bob")}, "user: bob  (unknown here)")
	f(match.Step{Text: "keywords", Values: asked("a\x1b")}, `keywords: a\x1B  (nowhere in the record)`)
	f(match.Step{Text: "ip", Values: asked("%x%", "%x%", "b"), Seen: []match.Seen{{Text: "1"}, {Text: "1"}, {Text: "2"}, {Text: "3"}}},
		"ip: %x%, b  (it is 1, or 2, or 1 more)")
	f(match.Step{Text: "n", Values: asked("1", "2", "3", "4", "5", "6", "7"), Seen: []match.Seen{{Text: "9"}}}, "n: 1, 2, 3, 4, 5 and 2 more  (it is 9)")
}

func TestPrintable(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Printable(in); got != want {
			t.Errorf("%q came out as %q", in, got)
		}
	}
	f("grüße", "grüße")
	f("a\x1b[31m\xff\u202e", `a\x1B[31m\xFF\xE2\x80\xAE`)
	f("\ufffd", "\ufffd")
}
