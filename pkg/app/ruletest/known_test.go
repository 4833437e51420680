package ruletest

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestDecoysAreExplainedBesideRules(t *testing.T) {
	catalogue, err := decoy.Parse(decoy.Source{Name: "decoys.yml", Data: []byte("version: 1\ndecoys:\n  - {id: git, title: Git configuration, path: /.git/config}\n")})
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewExplainer(load(t, map[string]string{"a.yml": several}), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := func(path string, want ...string) {
		t.Helper()
		x, err := e.Line(&Log{}, `203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET `+path+` HTTP/1.1" 404 12 "-" "curl/8"`)
		if err != nil || len(x.Known) != len(want) {
			t.Fatalf("%s: %+v, %v", path, x, err)
		}
		for i, k := range x.Known {
			if k.Rule != want[i] || k.Family != finding.Decoy || k.Title == "" || k.Reason == "" {
				t.Errorf("%s: %+v", path, k)
			}
		}
	}
	f("/.git/config") // rules only
	e.Hold(Lists{Catalogue: catalogue})
	f("/.git/config", "decoy.git")
	f("/.git/config", "decoy.git") // whatever was told before
	f("/")
}
