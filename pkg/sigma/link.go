package sigma

import (
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// linkState is how far a correlation's references were followed.
type linkState uint8

const (
	unlinked linkState = iota
	linking
	linked
)

// link lets documents find each other: what they refer to, and filters.
func (p *parsing) link() {
	p.unique()
	for _, d := range p.drafts {
		if d.correlation != nil {
			p.linkCorrelation(d)
		}
	}
	p.filters()
	p.shade()
	for _, d := range p.drafts {
		p.collect(d)
	}
	p.warn()
}

// collect puts what was not refused into the collection.
func (p *parsing) collect(d *draft) {
	if d.refused {
		return
	}
	c := p.collection
	switch {
	case d.rule != nil:
		c.Rules = append(c.Rules, d.rule)
	case d.correlation != nil:
		c.Correlations = append(c.Correlations, d.correlation)
	case d.filter != nil:
		c.Filters = append(c.Filters, d.filter)
	}
}

// unique refuses documents whose id or name an earlier one has, and fills the
// index. A refused document keeps its place in it, so that what refers to it
// can be told why.
func (p *parsing) unique() {
	p.byID, p.byName = map[string]*draft{}, map[string]*draft{}
	for _, d := range p.drafts {
		if d.meta == nil {
			continue
		}
		p.claim(d, p.byID, strings.ToLower(d.meta.ID), "id")
		p.claim(d, p.byName, d.meta.Name, "name")
	}
}

func (p *parsing) claim(d *draft, index map[string]*draft, word, what string) {
	if word == "" {
		return
	}
	if other := index[word]; other != nil && !(other.refused && !d.refused) {
		if !d.refused {
			at := other.tree.get(what)
			d.fail(d.tree.get(what), "give it one of its own", "the %s %q is that of %s:%d", what, word, other.file.name, at.line)
		}
		return
	}
	index[word] = d
}

// named finds a rule or a correlation by its id or name, or gives nil.
func (p *parsing) named(reference string) *draft {
	d := p.byID[strings.ToLower(reference)]
	if d == nil {
		d = p.byName[reference]
	}
	if d == nil || d.filter != nil {
		return nil
	}
	return d
}

// maxGuesses bounds how often the nearest of all names is looked for.
const maxGuesses = 50

func (p *parsing) unknownRule(name string) (message, hint string) {
	hint = "a rule is referred to by its id or its name"
	if p.guesses++; p.guesses <= maxGuesses {
		if near := mistake.Nearest(name, p.names()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return fmt.Sprintf("there is no rule %q", name), hint
}

// names are all names and ids, in order.
func (p *parsing) names() []string {
	var names []string
	for _, d := range p.drafts {
		if d.meta != nil && d.filter == nil {
			names = append(names, d.meta.Name, d.meta.ID)
		}
	}
	return names
}

// linkCorrelation follows a correlation's references, those of correlations
// that it refers to first.
func (p *parsing) linkCorrelation(d *draft) {
	if d.state != unlinked {
		return
	}
	d.state = linking
	for _, r := range d.references {
		if m := p.member(d, r); m != nil {
			d.correlation.Members = append(d.correlation.Members, *m)
		}
	}
	if !d.refused {
		p.linkAliases(d)
	}
	d.state = linked
	if !d.refused && !d.correlation.Generate {
		d.correlation.silence()
	}
}

func (p *parsing) member(d *draft, r reference) *Member {
	target := p.named(r.name)
	if target == nil {
		message, hint := p.unknownRule(r.name)
		d.fail(r.at, hint, "%s", message)
		return nil
	}
	if target.correlation != nil {
		if target.state == linking {
			d.fail(r.at, "a correlation looks at rules, or at correlations that do not look at it", "%q refers back to this correlation", r.name)
			return nil
		}
		p.linkCorrelation(target)
	}
	if target.refused {
		d.fail(r.at, "", "it refers to %q, which was refused", r.name)
		return nil
	}
	return &Member{Rule: target.rule, Correlation: target.correlation}
}

// silence keeps the members' own matches from being findings.
func (c *Correlation) silence() {
	for _, m := range c.Members {
		if m.Rule != nil {
			m.Rule.Silent = true
		} else {
			m.Correlation.Silent = true
		}
	}
}

// linkAliases gives each member its own names of the aliases.
func (p *parsing) linkAliases(d *draft) {
	for _, alias := range d.aliases {
		for _, field := range alias.fields {
			p.linkAlias(d, alias.at.text, field)
		}
	}
}

func (p *parsing) linkAlias(d *draft, alias string, field reference) {
	target := p.named(field.name)
	if target == nil {
		message, hint := p.unknownRule(field.name)
		d.fail(field.at, hint, "the alias %q: %s", alias, message)
		return
	}
	for i := range d.correlation.Members {
		m := &d.correlation.Members[i]
		if m.Rule != nil && m.Rule == target.rule || m.Correlation != nil && m.Correlation == target.correlation {
			if m.Aliases == nil {
				m.Aliases = map[string]string{}
			}
			m.Aliases[alias] = field.at.text
			return
		}
	}
	d.warn(field.at, "", "the alias %q names %q, which the correlation does not refer to", alias, field.name)
}
