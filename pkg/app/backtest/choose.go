package backtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Chosen are the rules in question, with all that they need.
type Chosen struct {
	Collection *sigma.Collection
	Keys       []string // of the rules in question
}

// ErrNoRule is wrapped when no rule has a name.
var ErrNoRule = errors.New("no rule has this id, name or title")

// Choose picks a rule or correlation by its id, name or title, with the members
// of a correlation. One whose matches count for others only is looked at for
// its own matches here.
func Choose(c *sigma.Collection, name string) (Chosen, error) {
	var titles []string
	for _, r := range c.Rules {
		if is(&r.Meta, name) {
			loud := *r
			loud.Silent = false
			return Chosen{&sigma.Collection{Rules: []*sigma.Rule{&loud}}, []string{r.Key()}}, nil
		}
		titles = append(titles, r.Title)
	}
	for _, r := range c.Correlations {
		if is(&r.Meta, name) {
			loud := *r
			loud.Silent = false
			needs := Chosen{&sigma.Collection{}, []string{r.Key()}}
			needs.add(&loud)
			return needs, nil
		}
		titles = append(titles, r.Title)
	}
	err := fmt.Errorf("rule %q: %w", name, ErrNoRule)
	if near := mistake.Nearest(name, titles); near != "" {
		err = fmt.Errorf("%w; did you mean %q?", err, near)
	}
	return Chosen{}, err
}

func is(m *sigma.Meta, name string) bool {
	return name != "" && (m.ID == name || m.Name == name || strings.EqualFold(m.Title, name))
}

// add takes a correlation with all that it refers to.
func (c *Chosen) add(r *sigma.Correlation) {
	for _, m := range r.Members {
		switch {
		case m.Correlation != nil && !slices.Contains(c.Collection.Correlations, m.Correlation):
			c.add(m.Correlation)
		case m.Rule != nil && !slices.Contains(c.Collection.Rules, m.Rule):
			c.Collection.Rules = append(c.Collection.Rules, m.Rule)
		}
	}
	c.Collection.Correlations = append(c.Collection.Correlations, r)
}

// Read reads rules that somebody has written, as a source of this name. They may
// refer to the loaded ones, which are given as their sources and are in the
// collection then. Mistakes are those of the text.
func Read(o sigma.Options, name, text string, loaded []sigma.Source) (*sigma.Collection, mistake.List) {
	source := sigma.Source{Name: name, Data: []byte(text)}
	alone, mistakes := sigma.Parse(o, source)
	if len(mistakes) == 0 {
		return alone, nil
	}
	together, all := sigma.Parse(o, append(slices.Clone(loaded), source)...)
	if slices.ContainsFunc(all, func(m mistake.Mistake) bool { return m.File == name }) {
		return alone, mistakes
	}
	return together, nil
}

// Parse is Read for those rules of the text whose own matches count, with all
// that they need. A text without any is a mistake.
func Parse(o sigma.Options, name, text string, loaded []sigma.Source) (Chosen, mistake.List) {
	collection, mistakes := Read(o, name, text, loaded)
	if len(mistakes) > 0 {
		return Chosen{}, mistakes
	}
	c := written(collection, name)
	if len(c.Keys) == 0 {
		return Chosen{}, mistake.List{{File: name, Message: "there is no rule in it", Hint: "want a Sigma rule or a correlation"}}
	}
	return c, nil
}

// written picks the rules of a source.
func written(all *sigma.Collection, name string) Chosen {
	c := Chosen{Collection: &sigma.Collection{}}
	for _, r := range all.Rules {
		if r.Place.File == name && !r.Silent {
			c.Collection.Rules = append(c.Collection.Rules, r)
			c.Keys = append(c.Keys, r.Key())
		}
	}
	for _, r := range all.Correlations {
		if r.Place.File == name && !r.Silent {
			c.add(r)
			c.Keys = append(c.Keys, r.Key())
		}
	}
	return c
}

// byClient tells whether everything that the rules remember is remembered by
// client, so that clients can be looked at apart from each other.
func byClient(c *sigma.Collection) bool {
	for _, r := range c.Correlations {
		if !slices.ContainsFunc(r.GroupBy, func(name string) bool { return isClient(r, name) }) {
			return false
		}
	}
	return true
}

// isClient tells whether a field that a correlation groups by is the client's
// address, in every member that has another name for it.
func isClient(r *sigma.Correlation, name string) bool {
	for _, m := range r.Members {
		own, aliased := m.Aliases[name]
		if !aliased {
			own = name
		}
		if f, ok := match.FieldOf(own); !ok || !reads(f, event.ClientAddress.String()) {
			return false
		}
	}
	return len(r.Members) > 0
}
