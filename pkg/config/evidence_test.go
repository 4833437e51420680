package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// TestShippedTiersAreWrittenOut: the example configuration says what holds
// without it.
func TestShippedTiersAreWrittenOut(t *testing.T) {
	data, err := os.ReadFile("../../deploy/honeymoat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseService("honeymoat.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if want := defaultTiers(); !reflect.DeepEqual(s.Tiers, want) {
		t.Errorf("the example has %+v\nwithout it %+v", s.Tiers, want)
	}
	if want := defaultEvidence(); !reflect.DeepEqual(s.Evidence, want) {
		t.Errorf("the example has %+v\nwithout it %+v", s.Evidence, want)
	}
}

func TestShippedTiersArePolicy(t *testing.T) {
	s := DefaultService()
	p, err := Policy(s.Evidence, s.Tiers)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Rules(), evidence.Default(p.Scale()).Rules(); !reflect.DeepEqual(got, want) {
		t.Errorf("rules %+v\nwant %+v", got, want)
	}
}

func TestTiersOfOnesOwn(t *testing.T) {
	s, err := ParseService("x.yaml", []byte(`
evidence: {half_lives: {silence: 2h}, kin: [[errors, latency]]}
tiers:
  - {name: loud, tier: page, risk: 0.99, from: internal, within: 2h, found: [{rules: [behaviour.*], suggested: notify, magnitude: 3, hours: 2}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Policy(s.Evidence, s.Tiers)
	if err != nil {
		t.Fatal(err)
	}
	want := []evidence.Rule{{
		Name: "loud", Tier: finding.Page, Risk: 0.99, From: evidence.Internal, Within: 2 * time.Hour,
		Found: []evidence.Match{{Rules: []string{"behaviour.*"}, Suggested: finding.Notify, Magnitude: 3, Hours: 2}},
	}}
	if !reflect.DeepEqual(p.Rules(), want) {
		t.Errorf("rules %+v, want %+v", p.Rules(), want)
	}
	if len(s.Evidence.Kin) != 1 || s.Evidence.HalfLives["silence"] != 2*time.Hour || s.Evidence.Cap != 6 {
		t.Errorf("evidence %+v", s.Evidence)
	}
}

func TestMistakesInEvidence(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ParseService("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
	f("evidence: {prior: 1}", "x.yaml:1:19: evidence.prior: 1 is no probability")
	f("evidence: {cap: 0}", "evidence.cap")
	f("evidence: {half_lives: {silence: 1s}}", "evidence.half_lives.silence: 1s is too little")
	f("evidence: {kin: [[a, b], [b]]}", `x.yaml:1:27: evidence.kin[1][0]: "b" is named twice`)
	f("tiers: []", "nobody would be told of anything")
	f("tiers:\n- {name: a, tier: loud, kinds: 2}", `x.yaml:2:19: tiers[0].tier: "loud" is not known here`)
	f("tiers:\n- {name: a, kinds: 2}", "tiers[0].tier: no tier")
	f("tiers:\n- {name: a, tier: page, found: [{suggested: never}]}", `tiers[0].found[0].suggested: "never" is not known here`)
	f("tiers:\n- {name: a, tier: page}", "x.yaml:2:3: tiers[0]: every finding would wake somebody up")
	f("tiers:\n- {name: a, tier: page, found: [{families: [\"*\"]}]}", "every finding would wake somebody up")
	f("tiers:\n- {name: a, tier: page, found: [{hours: 5}], within: 2h}", "x.yaml:2:41: tiers[0].found[0].hours: 5 different hours can never be within 2h0m0s (make within longer)")
	f("tiers:\n- {name: a, tier: page, kindss: 2}", `did you mean "kinds"?`)
}
