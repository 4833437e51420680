package sigma

import (
	"regexp"
	"testing"
)

// checkInvariants checks what rule.go promises about a collection.
func checkInvariants(t testing.TB, c *Collection) {
	t.Helper()
	for _, r := range c.Rules {
		checkMeta(t, &r.Meta)
		checkNode(t, r.Condition)
	}
	for _, f := range c.Filters {
		checkMeta(t, &f.Meta)
		checkNode(t, f.Condition)
	}
	for _, correlation := range c.Correlations {
		checkMeta(t, &correlation.Meta)
		checkCorrelation(t, correlation)
	}
}

func checkMeta(t testing.TB, m *Meta) {
	t.Helper()
	if m.Title == "" || m.Key() == "" || len(m.Version) != 12 || m.Place.Line < 1 || m.Place.Column < 1 {
		t.Fatalf("incomplete: %+v", m)
	}
	if m.Level > Critical || m.Tier() == 0 || m.Family() == "" {
		t.Fatalf("odd: %+v", m)
	}
}

func checkNode(t testing.TB, n Node) {
	t.Helper()
	switch n := n.(type) {
	case And:
		checkNodes(t, n)
	case Or:
		checkNodes(t, n)
	case Not:
		checkNode(t, n.Node)
	case *Search:
		checkNode(t, n.Node)
	case *Item:
		checkItem(t, n)
	default:
		t.Fatalf("a node is %T", n)
	}
}

func checkNodes(t testing.TB, nodes []Node) {
	t.Helper()
	if len(nodes) == 0 {
		t.Fatal("an And or Or is empty")
	}
	for _, n := range nodes {
		checkNode(t, n)
	}
}

// kindsOf are the kinds of values that a comparison can have.
var kindsOf = map[Op][]ValueKind{
	Matches: {TextValue, NumberValue, BoolValue}, Regexp: {RegexpValue}, Within: {PrefixValue},
	Less: {NumberValue}, LessEqual: {NumberValue}, Greater: {NumberValue}, GreaterEqual: {NumberValue},
	Exists: {BoolValue}, Null: {TextValue}, SameAs: {FieldValue},
}

func checkItem(t testing.TB, i *Item) {
	t.Helper()
	if len(i.Values) == 0 || i.Place.Line < 1 {
		t.Fatalf("an item has no values or no place: %+v", i)
	}
	if (i.Op == Exists || i.Op == Null) && len(i.Values) != 1 {
		t.Fatalf("%d values of %v", len(i.Values), i.Op)
	}
	if i.Field == "" && i.Op != Matches && i.Op != Regexp {
		t.Fatalf("keywords are compared by %v", i.Op)
	}
	for _, v := range i.Values {
		checkValue(t, i, v)
	}
}

func checkValue(t testing.TB, i *Item, v Value) {
	t.Helper()
	fits := false
	for _, k := range kindsOf[i.Op] {
		fits = fits || k == v.Kind
	}
	switch {
	case !fits:
		t.Fatalf("%s has a value of kind %v under %v", i.Field, v.Kind, i.Op)
	case i.Part != WholeValue && v.Kind != NumberValue:
		t.Fatalf("a part of a time is compared with %v", v.Kind)
	case v.Kind == FieldValue && v.Field == "":
		t.Fatal("a field without a name")
	case v.Kind == PrefixValue && (!v.Prefix.IsValid() || v.Prefix != v.Prefix.Masked()):
		t.Fatalf("prefix %v", v.Prefix)
	case i.Field == "" && v.Kind != RegexpValue && v.Kind != TextValue:
		t.Fatalf("a keyword of kind %v", v.Kind)
	}
	if v.Kind == RegexpValue {
		regexp.MustCompile(v.Regexp)
	}
	checkPattern(t, v.Pattern)
}

func checkPattern(t testing.TB, p Pattern) {
	t.Helper()
	for i, token := range p {
		if (token.Kind == Literal) != (token.Text != "") {
			t.Fatalf("token %+v", token)
		}
		if i > 0 && token.Kind == p[i-1].Kind && token.Kind != AnyOne {
			t.Fatalf("two in a row in %+v", p)
		}
	}
}

func checkCorrelation(t testing.TB, c *Correlation) {
	t.Helper()
	if len(c.Members) == 0 || len(c.Bounds) == 0 || c.Timespan <= 0 || c.Type == "" {
		t.Fatalf("incomplete: %+v", c)
	}
	for _, m := range c.Members {
		if (m.Rule == nil) == (m.Correlation == nil) {
			t.Fatalf("member %+v", m)
		}
		for alias, field := range m.Aliases {
			if alias == "" && field == "" {
				t.Fatalf("aliases %v", m.Aliases)
			}
		}
	}
}
