package ruletest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

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

// Absent is a field that no log has, though rules that apply ask for it.
type Absent struct {
	Field string `json:"field"` // as the first rule writes it
	Meant string `json:"meant,omitempty"`
	Rules int    `json:"rules"` // that name it
	First Rule   `json:"first"`
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
	program := match.Compile(set.Collection.Rules, match.Options{})
	for _, s := range program.Skipped() {
		if only(s.Rule.Place.File) {
			l.Skipped = append(l.Skipped, Skipped{ruleOf(&s.Rule.Meta), s.Reason})
		}
	}
	l.Fields = absent(slices.DeleteFunc(slices.Clone(program.Rules()), func(r *sigma.Rule) bool { return !only(r.Place.File) }))
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

// absent lists the fields of rules that no log has, those of most rules first.
func absent(rules []*sigma.Rule) []Absent {
	byName := map[string]*Absent{}
	for _, r := range rules {
		for _, field := range fieldsOf(r.Condition) {
			name := strings.ToLower(field)
			if f, ok := match.FieldOf(field); ok && f.Known() {
				continue
			}
			if byName[name] == nil {
				byName[name] = &Absent{Field: field, Meant: meant(field), First: ruleOf(&r.Meta)}
			}
			byName[name].Rules++
		}
	}
	list := []Absent{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, *byName[name])
	}
	slices.SortStableFunc(list, func(a, b Absent) int { return b.Rules - a.Rules })
	return list
}

// meant is the known field that a misspelt one is nearest to.
func meant(field string) string {
	var names []string
	for _, f := range match.Fields() {
		if f.Known {
			names = append(append(names, f.Name), f.Aliases...)
		}
	}
	return mistake.Nearest(strings.ToLower(field), names)
}

// fieldsOf lists the fields that a condition asks for, each once.
func fieldsOf(n sigma.Node) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.ContainsFunc(names, func(have string) bool { return strings.EqualFold(have, name) }) {
			names = append(names, name)
		}
	}
	walk(n, func(i *sigma.Item) {
		add(i.Field)
		for v := range i.Values {
			if i.Values[v].Kind == sigma.FieldValue {
				add(i.Values[v].Field)
			}
		}
	})
	return names
}

// walk visits the items of a condition.
func walk(n sigma.Node, visit func(*sigma.Item)) {
	switch n := n.(type) {
	case sigma.And:
		for _, child := range n {
			walk(child, visit)
		}
	case sigma.Or:
		for _, child := range n {
			walk(child, visit)
		}
	case sigma.Not:
		walk(n.Node, visit)
	case *sigma.Search:
		walk(n.Node, visit)
	case *sigma.Item:
		visit(n)
	}
}
