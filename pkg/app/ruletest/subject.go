package ruletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// subject is what a test is about: a rule or a correlation.
type subject struct {
	rule        *sigma.Rule
	correlation *sigma.Correlation
	silent      bool // as it is in force
}

// subjectOf is what a correlation builds on.
func subjectOf(m sigma.Member) subject { return subject{rule: m.Rule, correlation: m.Correlation} }

func (s subject) meta() *sigma.Meta {
	if s.rule != nil {
		return &s.rule.Meta
	}
	return &s.correlation.Meta
}

func (s subject) called(name string) bool {
	m := s.meta()
	return m.ID == name || m.Name == name || strings.EqualFold(m.Title, name)
}

// subjects are the rules and correlations of a collection, in the order of
// the collection.
func subjects(c *sigma.Collection) []subject {
	all := make([]subject, 0, len(c.Rules)+len(c.Correlations))
	for _, r := range c.Rules {
		all = append(all, subject{rule: r, silent: r.Silent})
	}
	for _, r := range c.Correlations {
		all = append(all, subject{correlation: r, silent: r.Silent})
	}
	return all
}

// of gives those that stand in a file.
func of(all []subject, file string) []subject {
	return slices.DeleteFunc(slices.Clone(all), func(s subject) bool { return s.meta().Place.File != file })
}

// pick finds what a test is about among what stands in its rule file.
func pick(name string, among []subject) (s subject, hint string, err error) {
	var titles []string
	if name == "" {
		among = slices.DeleteFunc(slices.Clone(among), func(s subject) bool { return s.silent })
	} else {
		for _, s := range among {
			titles = append(titles, s.meta().Title, s.meta().Name)
		}
		among = slices.DeleteFunc(slices.Clone(among), func(s subject) bool { return !s.called(name) })
	}
	switch {
	case len(among) == 1:
		return among[0], "", nil
	case name == "":
		return subject{}, "say which one is meant: rule: its id, name or title", fmt.Errorf("the file has %d rules that are reported", len(among))
	case len(among) > 1:
		return subject{}, "use the id", fmt.Errorf("several rules are called %q", name)
	}
	if near := mistake.Nearest(name, titles); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return subject{}, hint, fmt.Errorf("no rule in the file beside it is called %q", name)
}

// outspoken gives a copy of a collection in which nothing is silent, so that
// tests see what correlations only build on. Nodes and versions are shared.
func outspoken(c *sigma.Collection) *sigma.Collection {
	rules, correlations := map[*sigma.Rule]*sigma.Rule{}, map[*sigma.Correlation]*sigma.Correlation{}
	open := &sigma.Collection{Filters: c.Filters}
	for _, r := range c.Rules {
		own := *r
		own.Silent = false
		rules[r], open.Rules = &own, append(open.Rules, &own)
	}
	for _, r := range c.Correlations {
		own := *r
		own.Silent = false
		correlations[r], open.Correlations = &own, append(open.Correlations, &own)
	}
	for _, r := range open.Correlations {
		r.Members = slices.Clone(r.Members)
		for i, m := range r.Members {
			r.Members[i].Rule, r.Members[i].Correlation = rules[m.Rule], correlations[m.Correlation]
		}
	}
	return open
}
