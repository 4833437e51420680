package ruletest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
)

const office = `title: Not from the office
logsource: {category: webserver}
filter: {rules: any, office: {c-ip|cidr: 192.0.2.0/24}, condition: not office}
`

// What a filter brings to a rule is told under the filter's title and file.
func TestFiltersAreNamed(t *testing.T) {
	set := load(t, map[string]string{
		"a.yml": probe, "office.yml": office,
		"a.test.yml": "tests: [{match: [" + fixed("GET /.env", 200) + ", " + fixed("GET /.git/config", 200) + "]}]",
	})
	missed := Run(Options{Set: set}).Coverage[0].Missed
	want := []Branch{
		{Text: "office", File: "office.yml", Line: 3, Column: 31}, {Text: "c-ip|cidr: 192.0.2.0/24", File: "office.yml", Line: 3, Column: 31},
	}
	if diff := cmp.Diff(want, missed); diff != "" {
		t.Error(diff)
	}
	e, err := NewExplainer(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Line(&Log{Parse: accesslog.Options{Format: "combined"}}, `192.0.2.7 - - [10/Oct/2025:13:00:00 +0000] "GET /.env HTTP/1.1" 404 5 "-" "-"`)
	if err != nil || len(x.Rules) != 1 {
		t.Fatalf("%v, %+v", err, x)
	}
	var tree strings.Builder
	WriteTree(&tree, x.Rules[0].Explanation, "")
	if !strings.Contains(tree.String(), "✘ filter \"Not from the office\"\n    ✘ not office\n") {
		t.Error(tree.String())
	}
}

func TestFiltersAreListed(t *testing.T) {
	set := load(t, map[string]string{"a.yml": probe, "office.yml": office, "b.yml": strings.NewReplacer("Not from", "Not in", "webserver", "dns").Replace(office)})
	want := []Listed{
		{Rule: Rule{Key: "Not in the office", Title: "Not in the office", File: "b.yml", Line: 1}, Kind: "filter", OWASP: []string{}, Attack: []string{},
			Skipped: "it is about no rule that applies to our logs"},
		{Rule: Rule{Key: "Not from the office", Title: "Not from the office", File: "office.yml", Line: 1}, Kind: "filter", OWASP: []string{}, Attack: []string{}},
	}
	if diff := cmp.Diff(want, List(set, func(file string) bool { return file != "a.yml" })); diff != "" {
		t.Error(diff)
	}
}
