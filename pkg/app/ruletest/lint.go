package ruletest

import (
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Findings of a lint.
type Lint struct {
	Files        int `json:"files"`
	Rules        int `json:"rules"` // loaded, as the next two
	Correlations int `json:"correlations"`
	Filters      int `json:"filters"`

	Mistakes mistake.List `json:"mistakes"` // what was refused
	Warnings mistake.List `json:"warnings"` // what is right and probably not meant
	Skipped  []Skipped    `json:"skipped"`
	Fields   []Absent     `json:"fields"`
}

// Skipped is a rule about other logs than ours.
type Skipped struct {
	Rule
	Reason string `json:"reason"`
}

// Check tells what is wrong with the rules of a set that stand in the files
// for which only holds; nil means all.
func Check(set *ruleset.Set, only func(file string) bool) Lint {
	if only == nil {
		only = func(string) bool { return true }
	}
	l := Lint{
		Mistakes: within(set.Mistakes, only), Warnings: within(set.Collection.Warnings(), only),
		Skipped: []Skipped{}, Fields: []Absent{},
	}
	for _, src := range set.Sources {
		if only(src.Name) {
			l.Files++
		}
	}
	l.count(set.Collection, only)
	inForce, skipped := match.InForce(set.Collection.Rules)
	for _, s := range skipped {
		if only(s.Rule.Place.File) {
			l.Skipped = append(l.Skipped, Skipped{ruleOf(&s.Rule.Meta), s.Reason})
		}
	}
	l.Warnings = append(l.Warnings, within(oddities(inForce), only)...)
	slices.SortStableFunc(l.Warnings, byPlace)
	l.Fields = absent(set.Collection, inForce, only)
	return l
}

func within(all mistake.List, only func(string) bool) mistake.List {
	list := mistake.List{}
	for _, m := range all {
		if only(m.File) {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, byPlace)
	return list
}

func byPlace(a, b mistake.Mistake) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func (l *Lint) count(c *sigma.Collection, only func(string) bool) {
	for _, r := range c.Rules {
		if only(r.Place.File) {
			l.Rules++
		}
	}
	for _, r := range c.Correlations {
		if only(r.Place.File) {
			l.Correlations++
		}
	}
	for _, f := range c.Filters {
		if only(f.Place.File) {
			l.Filters++
		}
	}
}
