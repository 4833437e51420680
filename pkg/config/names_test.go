package config

import (
	"strings"
	"testing"
)

func TestDoubts(t *testing.T) {
	known := Names{Rules: []string{"web.probe", "decoy.env-file"}, Families: []string{"scanner"}}
	f := func(file string, want ...string) {
		t.Helper()
		s, err := ParseService("x.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		got := Doubts("x.yaml", []byte(file), s, known)
		if len(got) != len(want) {
			t.Fatalf("%v, want %q", got, want)
		}
		for i := range want {
			if !strings.Contains(got[i].Error(), want[i]) {
				t.Errorf("%s, want %s", got[i].Error(), want[i])
			}
		}
	}
	const tier = "tiers:\n  - name: x\n    tier: notify\n    found:\n      - "
	f("")
	f(tier + "{families: [decoy, scanner, sca*], rules: [web.probe, decoy.*, baseline.volume]}\n")
	f(tier+"{families: [decooy]}\n", `x.yaml:5:21: tiers[0].found[0].families[0]: no family is called "decooy" (did you mean "decoy"?)`)
	f(tier+"{families: [scanner], rules: [web.prob], except: [behavior.*]}\n", `no rule is called "web.prob" (did you mean "web.probe"?)`, `no rule or family is called "behavior.*" (it never matches)`)
	f("evidence: {half_lives: {tokn: 4h}, kin: [[decoy, scaner]]}\n", `no family is called "tokn" (did you mean "token"?)`, `no family is called "scaner" (did you mean "scanner"?)`)
}
