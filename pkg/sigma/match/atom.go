package match

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// atom is what an item asks, neq aside, shared by all items that ask the same.
type atom struct {
	test test
	cost int // of evaluating it, for the order in which a condition is
	// home is the column that the atom asks for when there is only one.
	home column
	// lane is the one whose entries remember the answer, -1 if none does, and
	// local the place in their memo.
	lane, local int
	// sign is the place in a set of signs without which the atom does not
	// hold, -1 if there is none.
	sign int
}

// nowhere is the home of atoms that ask for several columns.
const nowhere = columnCount

// Costs of tests, roughly in tens of nanoseconds.
const (
	costNumber     = 1
	costText       = 4
	costTarget     = 12
	costAddress    = 3
	costTable      = 8 // of one table of expressions
	costExpression = 40
	costAttack     = 30
)

// keywordColumns are where keywords are searched.
func keywordColumns() []column {
	columns := []column{requestColumn, numberColumn(event.Status)}
	for _, f := range event.TextFields() {
		columns = append(columns, textColumn(f))
	}
	return columns
}

// keyOf is the same for items that ask the same.
func keyOf(it *sigma.Item) string {
	columns, _ := columnsOf(it)
	var key strings.Builder
	fmt.Fprint(&key, it.Field == "", columns, it.Op, it.Part, it.All && len(it.Values) > 1, it.Cased)
	for i := range it.Values {
		v := &it.Values[i]
		fmt.Fprintf(&key, "\x00%d%v%q%q%g%t%v%t%t", v.Kind, v.Pattern, v.Regexp, v.Field, v.Number, v.Bool, v.Prefix, v.AnyBefore, v.AnyAfter)
	}
	return key.String()
}

// columnsOf are where an item's values are looked for.
func columnsOf(it *sigma.Item) (columns []column, own bool) {
	if it.Field == "" {
		return keywordColumns(), false
	}
	f, _ := FieldOf(it.Field)
	return f.columns(), f.Known()
}

// newAtom compiles an item.
func newAtom(it *sigma.Item) atom {
	b := atomBuilder{item: it}
	b.columns, b.known = columnsOf(it)
	a := atom{test: b.build(), cost: b.cost, home: nowhere, lane: -1, sign: -1}
	if b.known && len(b.columns) == 1 && it.Op != sigma.SameAs {
		a.home = b.columns[0]
	}
	return a
}

// atomBuilder makes the test of an item.
type atomBuilder struct {
	item    *sigma.Item
	columns []column
	known   bool // some log has the field
	cost    int
	tests   []test
	// likes are the patterns of the item, if one of them is enough: those that
	// are looked for in all columns, and those in fewer.
	likes [2]*likeness
	// expressions are those of the item, if one of them is enough, likewise.
	expressions [2][]*regexp.Regexp
	networks    []netip.Prefix
	numbers     []float64 // of which one is enough
}

func (b *atomBuilder) build() test {
	for i := range b.item.Values {
		b.value(&b.item.Values[i])
	}
	for _, like := range b.likes {
		if like != nil && !b.item.All {
			like.gather()
		}
	}
	b.gatherExpressions()
	b.gatherNetworks()
	if len(b.numbers) > 0 {
		b.add(&size{b.columns, sigma.Matches, b.numbers}, costNumber)
	}
	switch {
	case len(b.tests) == 1:
		return b.tests[0]
	case b.item.All:
		return every(b.tests)
	}
	return some(b.tests)
}

func (b *atomBuilder) add(t test, cost int) {
	b.tests = append(b.tests, t)
	b.cost += cost
}

// value adds the test of one value.
func (b *atomBuilder) value(v *sigma.Value) {
	it := b.item
	switch {
	case it.Field != "" && !b.known:
		b.unknown(v)
	case it.Op == sigma.Exists:
		b.add(presence{b.columns[0], v.Bool}, costNumber)
	case it.Op == sigma.Null, it.Field != "" && emptyText(v) && it.Op == sigma.Matches:
		b.add(presence{b.columns[0], false}, costNumber)
	case it.Part != sigma.WholeValue:
		b.moment(v)
	case it.Op == sigma.SameAs:
		b.reference(v)
	case v.Kind == sigma.PrefixValue:
		b.network(v)
	case it.Op >= sigma.Less && it.Op <= sigma.GreaterEqual:
		b.add(&size{b.columns, it.Op, []float64{v.Number}}, costNumber)
	default:
		b.text(v)
	}
}

// unknown adds the test of a field that no log has.
func (b *atomBuilder) unknown(v *sigma.Value) {
	it := b.item
	if it.Op == sigma.Exists && !v.Bool || it.Op == sigma.Null || it.Op == sigma.Matches && it.Part == sigma.WholeValue && emptyText(v) {
		b.add(every{}, costNumber)
		return
	}
	b.add(never{}, costNumber)
}

func (b *atomBuilder) moment(v *sigma.Value) {
	if b.columns[0].shape() != timeShape {
		b.add(never{}, costNumber)
		return
	}
	b.add(&moment{b.item.Part, b.item.Op, []float64{v.Number}}, costAddress)
}

func (b *atomBuilder) reference(v *sigma.Value) {
	f, _ := FieldOf(v.Field)
	other, ok := f.own()
	if !ok {
		b.add(never{}, costNumber)
		return
	}
	b.add(&sameness{b.columns[0], other, b.item.Cased, v.AnyBefore, v.AnyAfter}, costTarget)
}

// text adds the test of a pattern, a regular expression, or a number or truth
// that a text may be.
func (b *atomBuilder) text(v *sigma.Value) {
	switch v.Kind {
	case sigma.RegexpValue:
		b.expression(v)
	case sigma.NumberValue:
		b.number(v)
	case sigma.BoolValue:
		b.pattern(literalOf(strconv.FormatBool(v.Bool)), b.columns)
	default:
		b.pattern(v.Pattern, b.columns)
	}
}

func literalOf(s string) sigma.Pattern { return sigma.Pattern{{Kind: sigma.Literal, Text: s}} }

// number compares with columns of numbers as a number, with others as text.
func (b *atomBuilder) number(v *sigma.Value) {
	var numbers, texts []column
	for _, c := range b.columns {
		if numeric(c) {
			numbers = append(numbers, c)
		} else {
			texts = append(texts, c)
		}
	}
	if len(texts) == 0 && !b.item.All {
		b.numbers = append(b.numbers, v.Number)
		return
	}
	tests := b.tests
	b.tests = nil
	if len(numbers) > 0 {
		b.add(&size{numbers, sigma.Matches, []float64{v.Number}}, costNumber)
	}
	likes := b.likes
	b.likes = [2]*likeness{}
	if len(texts) > 0 {
		b.pattern(literalOf(strconv.FormatFloat(v.Number, 'f', -1, 64)), texts)
	}
	b.likes = likes
	b.tests = append(tests, oneOf(b.tests))
}

func oneOf(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return some(tests)
}

// pattern adds a pattern, to the other patterns of the item when one of them
// is enough.
func (b *atomBuilder) pattern(p sigma.Pattern, columns []column) {
	if b.item.Field == "" {
		p = append(append(sigma.Pattern{{Kind: sigma.AnyRun}}, p...), sigma.Token{Kind: sigma.AnyRun})
	}
	g := newGlob(p, b.item.Cased)
	which := 0
	if g.anywhere() {
		columns, which = covering(columns), 1
	}
	if like := b.likes[which]; like != nil && !b.item.All {
		like.globs = append(like.globs, g)
		if !g.anywhere() {
			b.cost++
		}
		return
	}
	like := &likeness{columns: columns, cased: b.item.Cased, globs: []glob{g}}
	b.likes[which] = like
	b.add(like, costOf(columns))
}

// covering leaves out columns whose texts are parts of the texts of others: a
// pattern that may stand anywhere is found there too.
func covering(columns []column) []column {
	parts := map[column]bool{}
	for _, c := range columns {
		if c == targetColumn || c == requestColumn {
			parts[textColumn(event.Path)], parts[textColumn(event.Query)] = true, true
		}
		if c == requestColumn {
			parts[textColumn(event.Method)], parts[textColumn(event.Protocol)] = true, true
		}
	}
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return parts[c] })
}

// expression adds a regular expression, to the others of the item when one of
// them is enough.
func (b *atomBuilder) expression(v *sigma.Value) {
	re, err := regexp.Compile(v.Regexp)
	if err != nil {
		b.add(never{}, costNumber)
		return
	}
	columns := b.columns
	if !asserts(v.Regexp) {
		columns = covering(columns)
	}
	if b.item.All {
		t := newExpression(columns, []*regexp.Regexp{re})
		b.add(t, t.cost())
		return
	}
	which := 0
	if len(columns) < len(b.columns) {
		which = 1
	}
	b.expressions[which] = append(b.expressions[which], re)
}

// gatherExpressions adds the tests of regular expressions of which one is
// enough.
func (b *atomBuilder) gatherExpressions() {
	for which, columns := range [...][]column{b.columns, covering(b.columns)} {
		for _, t := range newExpressions(columns, b.expressions[which]) {
			b.add(t, t.cost())
		}
	}
}

// costOf is what looking at texts of columns costs.
func costOf(columns []column) int {
	cost := 0
	for _, c := range columns {
		switch {
		case c.shape() == attackShape:
			cost += costAttack
		case c == textColumn(event.Path), c == textColumn(event.Query), c >= targetColumn && c <= requestColumn:
			cost += costTarget
		default:
			cost += costText
		}
	}
	return cost
}
