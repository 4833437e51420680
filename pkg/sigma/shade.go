package sigma

import (
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// shade puts the blocks into shadow of rules that a refused filter was to
// narrow, and of correlations that build on them: in force without the filter,
// they would refuse whom it excludes.
func (p *parsing) shade() {
	widened := map[*draft]map[*Meta]bool{}
	for _, d := range p.drafts {
		if d.filter != nil && d.refused {
			widened[d] = p.widened(d)
		}
	}
	for d, all := range widened {
		d.warnAboutShade(p.enforcing(all))
	}
	for _, all := range widened {
		for m := range all {
			if m.Honeymoat.Block.TTL > 0 {
				m.Honeymoat.Block.Mode = BlockShadow
			}
		}
	}
}

// widened are the rules that match more than is meant without a filter, and
// the correlations that build on them.
func (p *parsing) widened(d *draft) map[*Meta]bool {
	all := map[*Meta]bool{}
	for _, r := range p.filtered(d) {
		all[&r.Meta] = true
	}
	d.warnings = nil // the filter is refused, and whom it names badly has been told
	for grown := true; grown; {
		grown = false
		for _, other := range p.drafts {
			if c := other.correlation; c != nil && !other.refused && !all[&c.Meta] && c.buildsOn(all) {
				all[&c.Meta], grown = true, true
			}
		}
	}
	return all
}

func (c *Correlation) buildsOn(any map[*Meta]bool) bool {
	for _, m := range c.Members {
		if m.Rule != nil && any[&m.Rule.Meta] || m.Correlation != nil && any[&m.Correlation.Meta] {
			return true
		}
	}
	return false
}

// enforcing gives the titles of those that ask for a block that refuses, in
// the order of the sources.
func (p *parsing) enforcing(of map[*Meta]bool) []string {
	var titles []string
	for _, d := range p.drafts {
		if m := d.meta; m != nil && of[m] && !d.refused && m.Honeymoat.Block.TTL > 0 && m.Honeymoat.Block.Mode != BlockShadow {
			titles = append(titles, m.Title)
		}
	}
	return titles
}

// maxTitles is how many titles a warning names.
const maxTitles = 5

func (d *draft) warnAboutShade(titles []string) {
	if len(titles) == 0 {
		return
	}
	names := `"` + strings.Join(titles[:min(maxTitles, len(titles))], `", "`) + `"`
	if more := len(titles) - maxTitles; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	d.warn(d.tree, "mend the filter", "without this filter the blocks of %s are in shadow: they would refuse whom it excludes", names)
}

// unread makes a filter of the text of a document that is no YAML, when it has
// a filter's key: what it was to narrow is not known but by the names in it.
func (s *source) unread(p part, bad *misplaced) {
	if !hasFilter(p.data) {
		return
	}
	f := &Filter{}
	d := &draft{file: s, tree: &tree{shape: mapping, line: bad.line, column: bad.column}, refused: true, filter: f, meta: &f.Meta}
	d.references = wordsOf(string(p.data))
	s.lost = append(s.lost, d)
}

func hasFilter(data []byte) bool {
	return strings.HasPrefix(string(data), "filter:") || strings.Contains(string(data), "\nfilter:")
}

// wordsOf lists what may be the name or id of a rule; nil when the text may
// mean all rules.
func wordsOf(data string) []reference {
	var words []reference
	for line := range strings.Lines(data) {
		line, _, _ = strings.Cut(line, " #")
		rest, isRules := strings.CutPrefix(strings.TrimSpace(line), "rules:")
		for word := range strings.SplitSeq(rest, ",") {
			word = strings.Trim(word, "-[]'\" \t\r\n")
			if isRules && strings.EqualFold(word, anyRule) {
				return nil
			}
			if word != "" {
				words = append(words, reference{&tree{line: 1, column: 1}, word})
			}
		}
	}
	return words
}

// perhapsFilter takes a document whose key filter is misspelt for a filter
// that is refused.
func (d *draft) perhapsFilter() {
	for _, e := range d.tree.entries {
		if mistake.Nearest(e.key.text, []string{"filter"}) == "" {
			continue
		}
		d.filter = &Filter{LogSource: d.logSource()}
		d.meta = &d.filter.Meta
		if rules := e.value.get("rules"); rules != nil && !isAny(rules) {
			d.references = d.rules(e.value)
		}
		return
	}
}
