package ruletest

import (
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Listed is a rule, a correlation or a filter as a list of rules shows it. A
// filter finds nothing, so that it has neither level, family, tier nor block.
type Listed struct {
	Rule
	Kind   string         `json:"kind"` // rule, correlation or filter
	Level  string         `json:"level"`
	Family finding.Family `json:"family"`
	Tier   finding.Tier   `json:"tier"`
	Block  *Block         `json:"block,omitempty"`
	OWASP  []string       `json:"owasp"`  // "api1.2023"
	Attack []string       `json:"attack"` // "t1190", and tactics
	Silent bool           `json:"silent"` // only correlations build on it
	Tested bool           `json:"tested"` // a test file lies beside it
	// Skipped is why it is never looked at; empty: it is.
	Skipped string `json:"skipped,omitempty"`
}

// Block is the block that a rule asks for.
type Block struct {
	LifetimeSeconds int64  `json:"lifetime_seconds"`
	Mode            string `json:"mode"` // "rollout", "shadow" or "enforce"
	// What it does to whom, in words; empty: it denies whom the finding is about.
	What string `json:"what,omitempty"`
}

// List tells of the rules of a set that stand in the files for which only
// holds; nil means all.
func List(set *ruleset.Set, only func(file string) bool) []Listed {
	reasons := map[*sigma.Rule]string{}
	_, skipped := match.InForce(set.Collection.Rules)
	for _, s := range skipped {
		reasons[s.Rule] = s.Reason
	}
	tested := map[string]bool{}
	for _, test := range set.Tests {
		tested[test.Name] = true
	}
	list := []Listed{}
	for _, s := range subjects(set.Collection) {
		m := s.meta()
		if only != nil && !only(m.Place.File) {
			continue
		}
		l := listed(m)
		l.Silent, l.Tested, l.Skipped = s.silent, tested[ruleset.TestOf(m.Place.File)], reasons[s.rule]
		if s.correlation != nil {
			l.Kind = "correlation"
		}
		list = append(list, l)
	}
	return append(list, filters(set, only, reasons)...)
}

// filters lists filters. One that is about no rule that is looked at is
// skipped, too.
func filters(set *ruleset.Set, only func(file string) bool, reasons map[*sigma.Rule]string) []Listed {
	var list []Listed
	for _, f := range set.Collection.Filters {
		if only != nil && !only(f.Place.File) {
			continue
		}
		l := Listed{Rule: ruleOf(&f.Meta), Kind: "filter", OWASP: tagged(f.Tags, "owasp."), Attack: tagged(f.Tags, "attack.")}
		if !slices.ContainsFunc(f.Rules, func(r *sigma.Rule) bool { return reasons[r] == "" }) {
			l.Skipped = "it is about no rule that applies to our logs"
		}
		list = append(list, l)
	}
	return list
}

func listed(m *sigma.Meta) Listed {
	l := Listed{
		Rule: ruleOf(m), Kind: "rule", Level: m.Level.String(), Family: m.Family(), Tier: m.Tier(),
		OWASP: tagged(m.Tags, "owasp."), Attack: tagged(m.Tags, "attack."),
	}
	if b := m.Honeymoat.Block; b.TTL > 0 {
		l.Block = &Block{LifetimeSeconds: int64(b.TTL / time.Second), Mode: string(b.Mode), What: b.What()}
	}
	return l
}

// tagged gives the tags of a name space, without it.
func tagged(tags []string, space string) []string {
	list := []string{}
	for _, tag := range tags {
		if name, ok := strings.CutPrefix(tag, space); ok {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
