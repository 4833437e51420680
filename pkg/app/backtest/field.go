package backtest

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Fields are the fields that rules look at, by their names in the table of
// fields where it has them.
func Fields(c *sigma.Collection) []string {
	names := map[string]bool{}
	note := func(name string) {
		if f, ok := match.FieldOf(name); ok {
			name = f.Name()
		}
		names[name] = true
	}
	for _, r := range c.Rules {
		walk(r.Condition, note)
	}
	for _, r := range c.Correlations {
		for _, name := range slices.Concat(r.GroupBy, r.Fields) {
			note(name)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// walk notes the fields of a condition.
func walk(n sigma.Node, note func(string)) {
	switch n := n.(type) {
	case sigma.And:
		for _, part := range n {
			walk(part, note)
		}
	case sigma.Or:
		for _, part := range n {
			walk(part, note)
		}
	case sigma.Not:
		walk(n.Node, note)
	case *sigma.Search:
		walk(n.Node, note)
	case *sigma.Item:
		if n.Field != "" {
			note(n.Field)
		}
		for _, v := range n.Values {
			if v.Kind == sigma.FieldValue {
				note(v.Field)
			}
		}
	}
}

// reads tells whether a field is called after a column of the schema, under
// whatever name: it then has a value in a record that has nothing but that.
func reads(f match.Field, column string) bool {
	var b event.Batch
	for _, c := range event.TextFields() {
		if c.String() == column {
			b.SetString(c, "x")
		}
	}
	for _, c := range event.AddrFields() {
		if c.String() == column {
			b.SetAddr(c, netip.IPv4Unspecified())
		}
	}
	b.EndRow()
	return len(f.Text(&b, 0, nil)) > 0
}
