package sigma

import (
	"fmt"
	"strings"
)

// anyRule is what a filter refers to that is about all rules of its log
// source, as other tools have it; so does an empty list.
const anyRule = "any"

// readFilter reads a filter but for what it refers to, by the specification's
// "Sigma Filters".
func (d *draft) readFilter() {
	t := d.tree.get("filter")
	d.filter = &Filter{LogSource: d.logSource()}
	d.meta = &d.filter.Meta
	d.readMeta()
	if t.shape != mapping {
		d.fail(t, "write rules, selection and condition", "filter is %s", t.shape)
		return
	}
	if rules := t.get("rules"); !isAny(rules) {
		d.references = d.rules(t)
	}
	d.filter.Condition = d.detection(t, "condition", "rules")
}

func isAny(t *tree) bool {
	return t != nil && (t.shape == text && strings.EqualFold(t.text, anyRule) || t.shape == sequence && len(t.items) == 0)
}

// filters adds the condition of each filter to the rules that it is about.
func (p *parsing) filters() {
	for _, d := range p.drafts {
		if d.filter == nil || d.refused {
			continue
		}
		named := &Search{Name: fmt.Sprintf("filter %q", d.meta.Title), Node: d.filter.Condition}
		for _, rule := range p.filtered(d) {
			rule.Condition = And{rule.Condition, named}
			d.filter.Rules = append(d.filter.Rules, rule)
		}
		if len(d.filter.Rules) == 0 {
			d.warn(d.tree, "", "the filter is about no rule that is loaded")
		}
	}
}

// filtered gives the rules that a filter is about.
func (p *parsing) filtered(d *draft) []*Rule {
	var rules []*Rule
	if d.references == nil {
		for _, other := range p.drafts {
			if other.rule != nil && !other.refused && d.filter.LogSource.covers(other.rule.LogSource) {
				rules = append(rules, other.rule)
			}
		}
		return rules
	}
	for _, r := range d.references {
		if rule := p.filterTarget(d, r); rule != nil {
			rules = append(rules, rule)
		}
	}
	return rules
}

// filterTarget finds a rule that a filter names. That it is not there is no
// mistake: a filter may be about rules that somebody else did not load.
func (p *parsing) filterTarget(d *draft, r reference) *Rule {
	target := p.named(r.name)
	switch {
	case target == nil:
		message, hint := p.unknownRule(r.name)
		d.warn(r.at, hint, "%s", message)
	case target.refused:
		d.warn(r.at, "", "the rule %q was refused", r.name)
	case target.rule == nil:
		d.warn(r.at, "name the rules that it refers to", "%q is no rule, and filters are about rules", r.name)
	case !d.filter.LogSource.covers(target.rule.LogSource):
		d.warn(r.at, "", "the rule %q is about other logs than the filter", r.name)
	default:
		return target.rule
	}
	return nil
}

// covers tells whether all logs of other are l's.
func (l LogSource) covers(other LogSource) bool {
	within := func(mine, its string) bool { return mine == "" || mine == its }
	return within(l.Category, other.Category) && within(l.Product, other.Product) && within(l.Service, other.Service)
}
