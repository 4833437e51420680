package ruletest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheDocumentHolds runs what deploy/RULES.md shows: its rules with its
// tests.
func TestTheDocumentHolds(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		switch yaml := block[1]; {
		case strings.Contains(yaml, "title: Nightly export"):
			files["exports.yml"] = yaml
		case strings.Contains(yaml, "title: Many missing"):
			files["many.yml"] = yaml
		case strings.Contains(yaml, "  - match:"):
			files["exports.test.yml"] = yaml
		case strings.Contains(yaml, "sequences:\n"):
			files["many.test.yml"] = yaml
		}
	}
	if len(files) != 4 {
		t.Fatalf("found %d of 4 examples", len(files))
	}
	set := load(t, files)
	if report := Run(Options{Set: set}); !report.OK() || report.Tests != 5 || len(report.Untested) > 0 {
		t.Errorf("%v", outcome(report))
	}
	if l := Check(set, nil); len(l.Mistakes)+len(l.Fields) > 0 {
		t.Errorf("%+v", l)
	}
}
