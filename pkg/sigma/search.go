package sigma

import (
	"fmt"
	"slices"
)

// search is a search identifier of a detection, by the specification's
// section "Search-Identifier".
type search struct {
	at     *tree
	used   bool
	weight int // values
	*Search
}

// searches reads all search identifiers of a detection or a filter; reserved
// are the keys that are none.
func (d *draft) searches(detection *tree, reserved ...string) []*search {
	var all []*search
	for _, e := range detection.entries {
		if slices.Contains(reserved, e.key.text) {
			continue
		}
		before, values := d.told, d.values
		node := d.definition(e.value, fmt.Sprintf("the search %q", e.key.text))
		if node == nil && d.told == before {
			d.fail(e.value, "", "the search %q is empty", e.key.text)
		}
		all = append(all, &search{at: e.key, weight: 1 + d.values - values, Search: &Search{Name: e.key.text, Node: node}})
	}
	return all
}

// definition reads a map, a list, or one keyword; nil when it is wrong.
func (d *draft) definition(t *tree, what string) Node {
	switch t.shape {
	case mapping:
		return d.all(t)
	case sequence:
		return d.any(t, what)
	case null:
		d.fail(t, "write what it looks for", "%s is empty", what)
		return nil
	}
	return d.item(nil, t)
}

// all is a map: its items are joined by and.
func (d *draft) all(t *tree) Node {
	var and And
	for _, e := range t.entries {
		if n := d.item(e.key, e.value); n != nil {
			and = append(and, n)
		}
	}
	return joined(and)
}

// any is a list: its maps are joined by or, and its plain values are keywords.
func (d *draft) any(t *tree, what string) Node {
	var or Or
	var keywords []*tree
	for _, item := range t.items {
		if item.scalar() && item.shape != null {
			keywords = append(keywords, item)
		} else if n := d.definition(item, "an entry of "+what); n != nil {
			or = append(or, n)
		}
	}
	if len(keywords) > 0 {
		list := &tree{shape: sequence, line: keywords[0].line, column: keywords[0].column, items: keywords}
		if n := d.item(nil, list); n != nil {
			or = append(or, n)
		}
	}
	return joined(or)
}

// joined leaves out an And or Or of one node, and makes nil of none.
func joined[T And | Or](nodes T) Node {
	switch len(nodes) {
	case 0:
		return nil
	case 1:
		return nodes[0]
	}
	switch nodes := any(nodes).(type) {
	case And:
		return nodes
	case Or:
		return nodes
	}
	return nil
}
