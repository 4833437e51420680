package config

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Names are what rules, decoys, detectors and feeds, and their families, are
// called.
type Names struct{ Rules, Families []string }

// families are those of honeymoat itself.
func families() []string {
	return textsOf([]finding.Family{
		finding.Decoy, finding.Intel, finding.Rule, finding.Health, finding.Volume, finding.Errors, finding.Latency, finding.Silence, finding.Format,
		finding.Novelty, finding.Object, finding.Credential, finding.Tokens, finding.Scraping, finding.Exfiltration, finding.Automation,
	})
}

// baselineRules begins the ids of rules that are made as anomalies are found.
const baselineRules = "baseline."

// Doubts are the names in the tiers and the evidence of a file that nothing
// has: they never match, and are probably misspelt.
func Doubts(file string, data []byte, s Service, known Names) mistake.List {
	d := doubter{newChecker(file, data, nil), known}
	d.known.Families = append(families(), known.Families...)
	if d.token("$.tiers") != nil {
		for i, t := range s.Tiers {
			d.tier(fmt.Sprintf("$.tiers[%d]", i), t)
		}
	}
	for _, family := range slices.Sorted(maps.Keys(s.Evidence.HalfLives)) {
		d.family("$.evidence.half_lives."+family, family)
	}
	if d.token("$.evidence.kin") != nil {
		for i, group := range s.Evidence.Kin {
			d.each(fmt.Sprintf("$.evidence.kin[%d]", i), group, d.family)
		}
	}
	return d.problems
}

type doubter struct {
	*checker
	known Names
}

func (d *doubter) tier(at string, t TierRule) {
	d.each(at+".unless.families", t.Unless.Families, d.family)
	for k, f := range t.Found {
		found := fmt.Sprintf("%s.found[%d]", at, k)
		d.each(found+".families", f.Families, d.family)
		d.each(found+".rules", f.Rules, func(at, name string) { d.name(at, name, "rule", d.known.Rules) })
		d.each(found+".except", f.Except, func(at, name string) {
			d.name(at, name, "rule or family", slices.Concat(d.known.Rules, d.known.Families))
		})
	}
}

func (d *doubter) each(at string, names []string, check func(at, name string)) {
	for i, name := range names {
		check(fmt.Sprintf("%s[%d]", at, i), name)
	}
}

func (d *doubter) family(at, name string) { d.name(at, name, "family", d.known.Families) }

func (d *doubter) name(at, name, what string, known []string) {
	if strings.HasPrefix(name, baselineRules) || slices.ContainsFunc(known, func(k string) bool { ok, err := path.Match(name, k); return ok && err == nil }) {
		return
	}
	hint := "it never matches"
	if near := mistake.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.add(at, fmt.Sprintf("no %s is called %q", what, name), hint)
}
