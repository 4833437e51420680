package match

import (
	"bytes"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Holds tells whether a rule finds a row, by recursion over the rule as it
// was read: obvious and slow. It says what the program says, and shares with
// it only what fields and decoded forms are. It is safe for concurrent use.
func Holds(r *sigma.Rule, b *event.Batch, row int, o Options) bool {
	if unfit(r) != "" || !covers(r.LogSource, b.Kind, b.Direction) {
		return false
	}
	p := plain{record{raw: o.Raw}}
	p.turn(b, row)
	return p.node(r.Condition)
}

// plain evaluates one row.
type plain struct{ record }

func (p *plain) node(n sigma.Node) bool {
	switch n := n.(type) {
	case sigma.And:
		for _, part := range n {
			if !p.node(part) {
				return false
			}
		}
		return true
	case sigma.Or:
		for _, part := range n {
			if p.node(part) {
				return true
			}
		}
		return false
	case sigma.Not:
		return !p.node(n.Node)
	case *sigma.Search:
		return p.node(n.Node)
	case *sigma.Item:
		return p.item(n)
	}
	return false
}

func (p *plain) item(it *sigma.Item) bool {
	held := it.All
	for i := range it.Values {
		if p.value(it, &it.Values[i]) != it.All {
			held = !it.All
			break
		}
	}
	return held != it.Not
}

// value tells whether one value of an item is met, neq aside.
func (p *plain) value(it *sigma.Item, v *sigma.Value) bool {
	f, _ := FieldOf(it.Field)
	own, known := f.own()
	known = known && p.known(own)
	switch {
	case it.Op == sigma.Exists:
		return known == v.Bool
	case it.Op == sigma.Null:
		return !known
	case it.Field == "":
		_, held := p.seen(keywordColumns(), it, v)
		return held
	case it.Part != sigma.WholeValue:
		at, ok := p.part(f, it.Part)
		return ok && sized(it.Op, at, v.Number)
	case it.Op == sigma.SameAs:
		return p.same(f, it, v)
	case emptyText(v):
		return !known
	}
	_, held := p.seen(f.columns(), it, v)
	return held
}

// part is a part of the time that a field holds.
func (p *plain) part(f Field, part sigma.Part) (float64, bool) {
	own, ok := f.own()
	at, known := timeOf(p.batch, p.row)
	if !ok || own.shape() != timeShape || !known {
		return 0, false
	}
	return partOf(at, part), true
}

// seen finds the first of the columns' values that meets a value.
func (p *plain) seen(columns []column, it *sigma.Item, v *sigma.Value) (found, bool) {
	for _, c := range columns {
		switch {
		case v.Kind == sigma.PrefixValue:
			for _, a := range p.addresses(nil, c) {
				if network(v.Prefix).Contains(a) {
					return found{column: c, text: a.String()}, true
				}
			}
		case it.Op >= sigma.Less && it.Op <= sigma.GreaterEqual, v.Kind == sigma.NumberValue && numeric(c):
			if n, ok := p.size(c); ok && sized(it.Op, n, v.Number) {
				return found{column: c, text: strconv.FormatFloat(n, 'f', -1, 64)}, true
			}
		default:
			for _, s := range p.values(c) {
				if textMeets(s.text, it, v) {
					return found{column: c, text: string(s.text), decoded: s.decoded}, true
				}
			}
		}
	}
	return found{}, false
}

// found is where a value was met.
type found struct {
	column  column
	text    string
	decoded bool
}

// size is what a column counts as in comparisons by size.
func (p *plain) size(c column) (float64, bool) { return numberOf(p.batch, p.row, c) }

// numeric tells whether a column compares with numbers as a number.
func numeric(c column) bool { return c.shape() == numberShape || c.shape() == timeShape }

// sized compares by size.
func sized(op sigma.Op, n, with float64) bool {
	switch op {
	case sigma.Less:
		return n < with
	case sigma.LessEqual:
		return n <= with
	case sigma.Greater:
		return n > with
	case sigma.GreaterEqual:
		return n >= with
	}
	return n == with
}

// emptyText tells whether a value is the empty text, which unknown fields have.
func emptyText(v *sigma.Value) bool { return v.Kind == sigma.TextValue && len(v.Pattern) == 0 }

// textMeets tells whether a text meets a value.
func textMeets(text []byte, it *sigma.Item, v *sigma.Value) bool {
	pattern := v.Pattern
	switch v.Kind {
	case sigma.RegexpValue:
		re, err := regexp.Compile(v.Regexp)
		return err == nil && re.Match(text)
	case sigma.NumberValue:
		pattern = sigma.Pattern{{Kind: sigma.Literal, Text: strconv.FormatFloat(v.Number, 'f', -1, 64)}}
	case sigma.BoolValue:
		pattern = sigma.Pattern{{Kind: sigma.Literal, Text: strconv.FormatBool(v.Bool)}}
	}
	if it.Field == "" {
		run := sigma.Token{Kind: sigma.AnyRun}
		pattern = append(append(sigma.Pattern{run}, pattern...), run)
	}
	if !it.Cased {
		text = lower(text)
	}
	return matches(text, pattern, it.Cased)
}

// matches tells whether a pattern matches a text: it follows, token by token,
// all positions that may have been reached.
func matches(text []byte, pattern sigma.Pattern, cased bool) bool {
	reached := make([]bool, len(text)+1)
	reached[0] = true
	for _, token := range pattern {
		reached = advance(text, reached, token, cased)
	}
	return reached[len(text)]
}

// advance gives the positions that are reached by a token from others.
func advance(text []byte, from []bool, token sigma.Token, cased bool) []bool {
	reached := make([]bool, len(from))
	literal := []byte(token.Text)
	if !cased {
		literal = lower(literal)
	}
	run := false
	for at, here := range from {
		run = run || here && token.Kind == sigma.AnyRun
		reached[at] = reached[at] || run
		if !here {
			continue
		}
		if size := characterAt(text, at); token.Kind == sigma.AnyOne && size > 0 {
			reached[at+size] = true
		}
		if token.Kind == sigma.Literal && bytes.HasPrefix(text[at:], literal) {
			reached[at+len(literal)] = true
		}
	}
	return reached
}

// characterAt is the size of the character that begins at a position: 0 at
// the end and in the middle of one. It goes back to where a character that
// reaches over the position could begin.
func characterAt(text []byte, at int) int {
	i := max(0, at-utf8.UTFMax)
	for i < at && !utf8.RuneStart(text[i]) {
		i++
	}
	for i < len(text) && i <= at {
		_, size := utf8.DecodeRune(text[i:])
		if i == at {
			return size
		}
		i += size
	}
	return 0
}

// lower folds letters as comparisons without cased do.
func lower(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		l := unicode.ToLower(r)
		if r == utf8.RuneError && size == 1 || r >= utf8.RuneSelf && l < utf8.RuneSelf {
			out = append(out, text[:size]...)
		} else {
			out = utf8.AppendRune(out, l)
		}
		text = text[size:]
	}
	return out
}

// same tells whether a field is the same as another.
func (p *plain) same(f Field, it *sigma.Item, v *sigma.Value) bool {
	g, _ := FieldOf(v.Field)
	left, known := f.own()
	right, alsoKnown := g.own()
	if !known || !alsoKnown {
		return false
	}
	for _, a := range p.values(left) {
		for _, b := range p.values(right) {
			if related(a.text, b.text, it, v) {
				return true
			}
		}
	}
	return false
}

// related compares the values of two fields.
func related(a, b []byte, it *sigma.Item, v *sigma.Value) bool {
	if !it.Cased {
		a, b = lower(a), lower(b)
	}
	switch {
	case v.AnyBefore && v.AnyAfter:
		return bytes.Contains(a, b)
	case v.AnyBefore:
		return bytes.HasSuffix(a, b)
	case v.AnyAfter:
		return bytes.HasPrefix(a, b)
	}
	return bytes.Equal(a, b)
}
