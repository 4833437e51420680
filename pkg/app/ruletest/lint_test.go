package ruletest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const careful = `title: Careful
id: 6f2f1f0e-6a0e-4c51-9a35-4a2f5d0c9b11
description: It is all there.
status: test
level: low
logsource: {category: webserver}
detection:
  sel: {cs-uri-qery|contains: /x, cs-method|fieldref: Cs-Metod, CS-URI-STEM: /x}
  not_ours: {cs-uri-qery: /y, cs-cookie: z}
  condition: sel and not not_ours
`

func TestCheck(t *testing.T) {
	set := load(t, map[string]string{
		"careful.yml": careful, "dns.yml": "title: D\nlogsource: {category: dns}\ndetection: {sel: {query: x}, condition: sel}",
		"broken.yml": "title: B\nlogsource: {category: webserver}\ndetection: {sel: {a|b: x}, condition: sel}", "burst.yml": burst,
	})
	l := Check(set, func(file string) bool { return file == "careful.yml" })
	first := Rule{Key: "6f2f1f0e-6a0e-4c51-9a35-4a2f5d0c9b11", Title: "Careful", File: "careful.yml", Line: 1}
	want := []Absent{
		{Field: "cs-cookie", Rules: 1, First: first},
		{Field: "Cs-Metod", Meant: "cs-method", Rules: 1, First: first},
		{Field: "cs-uri-qery", Meant: "cs-uri-query", Rules: 1, First: first},
	}
	if diff := cmp.Diff(want, l.Fields); diff != "" {
		t.Error(diff)
	}
	if l.Files != 1 || l.Rules != 1 || len(l.Mistakes)+len(l.Warnings)+len(l.Skipped) != 0 {
		t.Errorf("%+v", l)
	}
	l = Check(set, nil)
	if l.Files != 4 || l.Rules != 4 || l.Correlations != 2 || len(l.Mistakes) != 1 || len(l.Warnings) == 0 || len(l.Skipped) != 1 || l.Skipped[0].Title != "D" {
		t.Errorf("%+v", l)
	}
}
