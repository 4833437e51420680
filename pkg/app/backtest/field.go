package backtest

import (
	"maps"
	"slices"

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
		sigma.Walk(r.Condition, func(i *sigma.Item) { noteItem(i, note) })
	}
	for _, r := range c.Correlations {
		for _, name := range slices.Concat(r.GroupBy, r.Fields) {
			note(name)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// noteItem notes the fields that an item looks at.
func noteItem(i *sigma.Item, note func(string)) {
	if i.Field != "" {
		note(i.Field)
	}
	for _, v := range i.Values {
		if v.Kind == sigma.FieldValue {
			note(v.Field)
		}
	}
}

// reads tells whether a field is this column of the schema, under whatever name.
func reads(f match.Field, column string) bool {
	own, _ := match.FieldOf(column)
	return f.Same(own)
}
