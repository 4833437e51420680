package ruletest

import (
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Absent is a field that no log has, though rules that apply ask for it, or
// correlations count or group by it.
type Absent struct {
	Field string `json:"field"` // as the first rule writes it
	Meant string `json:"meant,omitempty"`
	Rules int    `json:"rules"` // rules and correlations that name it
	First Rule   `json:"first"`
}

// absent lists the fields that no log has, of the rules that apply and of the
// correlations that build on them, those of most rules first.
func absent(c *sigma.Collection, applying []*sigma.Rule, only func(file string) bool) []Absent {
	byName := absentees{}
	for _, r := range applying {
		if only(r.Place.File) {
			byName.add(&r.Meta, fieldsOf(r.Condition))
		}
	}
	applies := map[*sigma.Rule]bool{}
	for _, r := range applying {
		applies[r] = true
	}
	for _, r := range c.Correlations {
		if only(r.Place.File) {
			byName.add(&r.Meta, countedBy(r, applies))
		}
	}
	list := []Absent{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, *byName[name])
	}
	slices.SortStableFunc(list, func(a, b Absent) int { return b.Rules - a.Rules })
	return list
}

// absentees are fields that no log has, by their names in lower case.
type absentees map[string]*Absent

// add takes those of a rule's or correlation's fields.
func (a absentees) add(m *sigma.Meta, fields []string) {
	for _, field := range fields {
		name := strings.ToLower(field)
		if f, ok := match.FieldOf(field); ok && f.Known() {
			continue
		}
		if a[name] == nil {
			a[name] = &Absent{Field: field, Meant: meant(field), First: ruleOf(m)}
		}
		a[name].Rules++
	}
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

// countedBy lists the fields that a correlation groups by and counts, under the
// names that they have in the members that apply, each once.
func countedBy(c *sigma.Correlation, applies map[*sigma.Rule]bool) []string {
	var names fieldList
	for _, m := range c.Members {
		if !reaches(m, applies) {
			continue
		}
		for _, field := range slices.Concat(c.GroupBy, c.Fields) {
			if own, ok := m.Aliases[field]; ok {
				field = own
			}
			names.add(field)
		}
	}
	return names
}

// reaches tells whether a member is one of the rules, or builds on one.
func reaches(m sigma.Member, rules map[*sigma.Rule]bool) bool {
	if m.Rule != nil {
		return rules[m.Rule]
	}
	return slices.ContainsFunc(m.Correlation.Members, func(inner sigma.Member) bool { return reaches(inner, rules) })
}

// fieldList is names of fields, each once in any case of letters.
type fieldList []string

func (l *fieldList) add(name string) {
	if name != "" && !slices.ContainsFunc(*l, func(have string) bool { return strings.EqualFold(have, name) }) {
		*l = append(*l, name)
	}
}

// fieldsOf lists the fields that a condition asks for, each once.
func fieldsOf(n sigma.Node) []string {
	var names fieldList
	sigma.Walk(n, func(i *sigma.Item) {
		names.add(i.Field)
		for v := range i.Values {
			if i.Values[v].Kind == sigma.FieldValue {
				names.add(i.Values[v].Field)
			}
		}
	})
	return names
}
