package sigma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Limits of conditions.
const (
	maxCondition = 16 << 10 // bytes
	maxTerms     = 400_000  // values that it looks at, those of a search as often as it is named
)

// condition reads the condition of a detection: text, or a list of texts that
// are joined by or. It marks the searches that it uses.
func (d *draft) condition(t *tree, searches []*search) Node {
	if t == nil {
		return nil
	}
	lines := []*tree{t}
	if t.shape == sequence {
		lines = t.items
	}
	var or Or
	for _, line := range lines {
		if n := d.oneCondition(line, searches); n != nil {
			or = append(or, n)
		}
	}
	if len(or) < len(lines) {
		return nil
	}
	return joined(or)
}

func (d *draft) oneCondition(t *tree, searches []*search) Node {
	if !t.scalar() || t.shape == null {
		d.fail(t, `write "condition: selection"`, "a condition is %s", t.shape)
		return nil
	}
	if len(t.text) > maxCondition {
		d.fail(t, "", "a condition is longer than %d bytes", maxCondition)
		return nil
	}
	p := conditionParser{tokens: lex(t.text), searches: searches}
	node := p.whole()
	if p.bad != nil {
		d.fail(t, p.bad.hint, "condition: %s", p.bad.message)
		return nil
	}
	return node
}

// lex cuts a condition into words, parentheses and pipes.
func lex(s string) []string {
	s = strings.NewReplacer("(", " ( ", ")", " ) ", "|", " | ").Replace(s)
	return strings.Fields(s)
}

// conditionParser reads, from the least binding to the most: or, and, not,
// "x of y" and names, parentheses.
type conditionParser struct {
	tokens   []string
	searches []*search
	depth    int
	terms    int
	bad      *problem
}

func (p *conditionParser) fail(hint, format string, args ...any) Node {
	if p.bad == nil {
		p.bad = wrong(hint, format, args...)
	}
	p.tokens = nil
	return nil
}

func (p *conditionParser) whole() Node {
	if slices.Contains(p.tokens, "|") {
		return p.fail("write a correlation, which says the same with type, rules, group-by, timespan and condition",
			"what stands behind a | is the old way to count events, which the specification has taken out")
	}
	node := p.or()
	if len(p.tokens) > 0 && p.bad == nil {
		if p.tokens[0] == ")" {
			return p.fail("", `a ")" closes nothing`)
		}
		return p.fail("join searches with and, or", "%q follows what is complete", p.tokens[0])
	}
	return node
}

// accept takes the next word if it is the keyword.
func (p *conditionParser) accept(keyword string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0], keyword) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *conditionParser) or() Node {
	nodes := Or{p.and()}
	for p.accept("or") {
		nodes = append(nodes, p.and())
	}
	return joined(nodes)
}

func (p *conditionParser) and() Node {
	nodes := And{p.not()}
	for p.accept("and") {
		nodes = append(nodes, p.not())
	}
	return joined(nodes)
}

func (p *conditionParser) not() Node {
	negated := false
	for p.accept("not") {
		negated = !negated
	}
	if node := p.operand(); !negated {
		return node
	} else if not, twice := node.(Not); twice {
		return not.Node
	} else {
		return Not{node}
	}
}

func (p *conditionParser) operand() Node {
	switch {
	case len(p.tokens) == 0:
		return p.fail("name a search, or write 1 of …, all of …", "something is missing at the end")
	case p.accept("("):
		return p.parentheses()
	case len(p.tokens) > 1 && strings.EqualFold(p.tokens[1], "of"):
		return p.of()
	}
	return p.name()
}

func (p *conditionParser) parentheses() Node {
	if p.depth++; p.depth > maxNesting {
		return p.fail("", "parentheses are nested more than %d deep", maxNesting)
	}
	node := p.or()
	p.depth--
	if !p.accept(")") {
		return p.fail("", `a "(" is not closed`)
	}
	return node
}

func (p *conditionParser) name() Node {
	word := p.tokens[0]
	p.tokens = p.tokens[1:]
	for _, s := range p.searches {
		if s.Name == word {
			return p.use(s)
		}
	}
	switch strings.ToLower(word) {
	case "and", "or", ")", "of":
		return p.fail("", "%q stands where a search is wanted", word)
	}
	return p.fail(p.didYouMean(word), "there is no search %q", word)
}

func (p *conditionParser) didYouMean(word string) string {
	var names []string
	for _, s := range p.searches {
		names = append(names, s.Name)
	}
	if near := mistake.Nearest(word, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(names) == 0 {
		return "write a search beside the condition"
	}
	return "the searches are " + strings.Join(names, ", ")
}

func (p *conditionParser) use(s *search) Node {
	s.used = true
	if p.terms += s.weight; p.terms > maxTerms {
		return p.fail("name searches less often", "the condition looks at more than %d values", maxTerms)
	}
	return s.Search
}

// of reads "1 of them", "any of them", "all of selection*".
func (p *conditionParser) of() Node {
	quantifier := strings.ToLower(p.tokens[0])
	if p.tokens = p.tokens[2:]; len(p.tokens) == 0 {
		return p.fail(`write "them" or a pattern such as selection*`, "nothing stands behind \"of\"")
	}
	pattern := p.tokens[0]
	p.tokens = p.tokens[1:]
	nodes := p.selected(pattern)
	if len(nodes) == 0 {
		return p.fail(p.didYouMean(strings.Trim(pattern, "*_")), "no search is named like %q", pattern)
	}
	switch quantifier {
	case "1", "any":
		return joined(Or(nodes))
	case "all":
		return joined(And(nodes))
	}
	return p.fail(`write "1 of", "any of" or "all of"`, "there is no \"%s of\"", quantifier)
}

// selected gives the searches that a pattern means. Those whose names begin
// with "_" are meant only by patterns that do so too.
func (p *conditionParser) selected(pattern string) []Node {
	them := strings.EqualFold(pattern, "them")
	var nodes []Node
	for _, s := range p.searches {
		hidden := strings.HasPrefix(s.Name, "_") && !strings.HasPrefix(pattern, "_")
		if !hidden && (them || glob(pattern, s.Name)) {
			nodes = append(nodes, p.use(s))
		}
	}
	return nodes
}

// glob tells whether a name is like a pattern, in which "*" is any text.
func glob(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	name, ok := strings.CutPrefix(name, first)
	if !ok || !wild {
		return ok && name == ""
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], after
	}
}
