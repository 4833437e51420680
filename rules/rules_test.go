package rules_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

func shipped(t testing.TB) *ruleset.Set {
	t.Helper()
	set, err := ruleset.Load(ruleset.Options{Shipped: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Mistakes) > 0 {
		t.Fatalf("mistakes in the shipped rules:\n%v", set.Mistakes)
	}
	return set
}

func TestRulesMatchWhatTheirTestsSay(t *testing.T) {
	report := ruletest.Run(ruletest.Options{Set: shipped(t)})
	for _, m := range report.Mistakes {
		t.Error(m)
	}
	for i := range report.Failures {
		t.Error(report.Failures[i].String())
	}
	for _, r := range report.Untested {
		t.Errorf("%s:%d: no test wants %q to match", r.File, r.Line, r.Title)
	}
}

func TestNothingIsToBeWarnedOf(t *testing.T) {
	for _, w := range shipped(t).Collection.Warnings() {
		t.Error(w)
	}
}

// reported are the rules and correlations whose matches are findings.
func reported(c *sigma.Collection) []*sigma.Meta {
	var all []*sigma.Meta
	for _, r := range c.Rules {
		if !r.Silent {
			all = append(all, &r.Meta)
		}
	}
	for _, r := range c.Correlations {
		if !r.Silent {
			all = append(all, &r.Meta)
		}
	}
	return all
}

func TestEveryRuleSaysWhatItIsAbout(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	owasp := regexp.MustCompile(`^owasp\.api([1-9]|10)\.2023$`)
	technique := regexp.MustCompile(`^attack\.t[0-9]{4}(\.[0-9]{3})?$`)
	for _, m := range reported(shipped(t).Collection) {
		for lack, has := range map[string]bool{
			"an id that is a UUID of version 4": uuid.MatchString(m.ID),
			"a description":                     m.Description != "",
			"an item of the OWASP API Top 10":   slices.ContainsFunc(m.Tags, owasp.MatchString),
			"a technique of ATT&CK":             slices.ContainsFunc(m.Tags, technique.MatchString),
			"a level":                           m.Level != sigma.NoLevel,
			"its false positives":               len(m.FalsePositives) > 0,
			"references":                        len(m.References) > 0,
			"a family":                          m.Honeymoat.Family != "",
			"a tier":                            m.Honeymoat.Tier != 0,
		} {
			if !has {
				t.Errorf("%s:%d: %q lacks %s", m.Place.File, m.Place.Line, m.Title, lack)
			}
		}
	}
}

// A probe that is beyond doubt may block and be told in a digest, as a touch of
// a decoy is: it wakes nobody.
func TestWhatIsOnlyADoubtBlocksNobody(t *testing.T) {
	for _, m := range reported(shipped(t).Collection) {
		if m.Honeymoat.Block.TTL > 0 && (m.Level < sigma.Medium || m.Level < sigma.High && m.Honeymoat.Tier == finding.Log) {
			t.Errorf("%s:%d: %q asks for a block, and is of level %v and tier %v", m.Place.File, m.Place.Line, m.Title, m.Level, m.Honeymoat.Tier)
		}
	}
}
