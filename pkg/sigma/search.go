package sigma

import (
	"fmt"
	"strings"
)

// search is a search identifier of a detection, by the specification's
// section "Search-Identifier".
type search struct {
	at   *tree
	used bool
	*Search
}

// searches reads all search identifiers of a detection or a filter; reserved
// are the keys that are none.
func (d *draft) searches(detection *tree, reserved ...string) []*search {
	var all []*search
	for _, e := range detection.entries {
		if has(reserved, e.key.text) {
			continue
		}
		before := len(d.file.mistakes)
		node := d.definition(e.value, fmt.Sprintf("the search %q", e.key.text))
		if node == nil && len(d.file.mistakes) == before {
			d.fail(e.value, "", "the search %q is empty", e.key.text)
		}
		all = append(all, &search{at: e.key, Search: &Search{Name: e.key.text, Node: node}})
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

// key is what a key of a map says: a field and its modifiers.
type key struct {
	at        *tree
	field     string
	modifiers []string
}

func keyOf(t, value *tree) key {
	if t == nil {
		return key{at: value}
	}
	parts := strings.Split(t.text, "|")
	return key{at: t, field: parts[0], modifiers: parts[1:]}
}

// item reads a field with its values, or keywords when there is no field; nil
// when something is wrong.
func (d *draft) item(keyTree, value *tree) Node {
	k := keyOf(keyTree, value)
	values := []*tree{value}
	if value.shape == sequence {
		values = value.items
	}
	if len(values) == 0 {
		d.fail(k.at, "write a value, or null for a field that is not there", "%q has no values", k.field)
		return nil
	}
	if !d.modifiersKnown(k) {
		return nil
	}
	var choices [][]atom
	for _, v := range values {
		if atoms := d.atoms(k, v, len(values) > 1); atoms != nil {
			choices = append(choices, atoms)
		}
	}
	if len(choices) < len(values) {
		return nil
	}
	d.hintAtItem(k, values)
	return k.node(d.file.name, choices)
}

func (d *draft) modifiersKnown(k key) bool {
	for _, name := range k.modifiers {
		if !has([]string{modifierAll, modifierNeq, modifierCased}, name) && modifierNamed(name) == nil {
			bad := unknownModifier(name)
			d.fail(k.at, bad.hint, "%s", bad.message)
			return false
		}
	}
	return true
}

// atoms makes a value's alternatives; nil when something is wrong.
func (d *draft) atoms(k key, v *tree, listed bool) []atom {
	a, bad := newAtom(v, listed)
	atoms := []atom{a}
	for _, name := range k.modifiers {
		if modify := modifierNamed(name); modify != nil && bad == nil {
			atoms, bad = modifyAll(d.options, modify, atoms)
		}
	}
	for i := range atoms {
		if bad == nil {
			bad = atoms[i].finish(k)
		}
	}
	if bad != nil {
		d.fail(v, bad.hint, "%s: %s", k, bad.message)
		return nil
	}
	return atoms
}

func modifyAll(o *Options, modify modifier, atoms []atom) ([]atom, *problem) {
	var next []atom
	for _, a := range atoms {
		made, bad := modify(o, a)
		if bad != nil {
			return nil, bad
		}
		if next = append(next, made...); len(next) > maxVariants {
			return nil, wrong("", "the modifiers make more than %d values of it", maxVariants)
		}
	}
	return next, nil
}

// String names a key in messages.
func (k key) String() string {
	if k.at == nil || k.field == "" {
		return "keywords"
	}
	return strings.Join(append([]string{k.field}, k.modifiers...), "|")
}

// newAtom is a value as it is written.
func newAtom(v *tree, listed bool) (atom, *problem) {
	a := atom{value: Value{Written: v.text}}
	switch v.shape {
	case text:
		a.value.Pattern = parsePattern(v.text)
	case number:
		a.value.Kind, a.value.Number = NumberValue, v.number
	case boolean:
		a.value.Kind, a.value.Bool = BoolValue, v.boolean
	case null:
		a.op, a.value.Written = Null, "null"
		if listed {
			return a, wrong("make it a search of its own", "null cannot be one of several values")
		}
	default:
		return a, wrong("write each field with its values on a line of its own", "a value is %s", v.shape)
	}
	return a, nil
}

// finish checks what the modifiers made, and brings it into its final form.
func (a *atom) finish(k key) *problem {
	if k.field == "" {
		if bad := a.keyword(); bad != nil {
			return bad
		}
	}
	if a.op == Regexp {
		return a.compile()
	}
	return nil
}

// keyword makes a value one that is found anywhere in a record.
func (a *atom) keyword() *problem {
	switch {
	case a.op == Regexp:
		return nil
	case !a.asText():
		return wrong("write the field before the |", "%s needs a field", a.describe())
	case len(a.value.Pattern) == 0:
		return wrong("", "every record has the empty text")
	}
	a.value.Pattern = a.value.Pattern.open(true, true)
	return nil
}

// node joins the alternatives of a key's values: all alternatives of all
// values by or; with the modifier all, the alternatives of each value by or,
// and those by and.
func (k key) node(file string, choices [][]atom) Node {
	node := k.grouped(file, choices)
	if !has(k.modifiers, modifierNeq) {
		return node
	}
	if item, ok := node.(*Item); ok {
		item.Not = true
		return item
	}
	return Not{node}
}

func (k key) grouped(file string, choices [][]atom) Node {
	if !has(k.modifiers, modifierAll) || len(choices) == 1 {
		return k.byOp(file, flatten(choices))
	}
	if alike(choices) {
		item := k.newItem(file, flatten(choices))
		item.All = true
		return item
	}
	var and And
	for _, atoms := range choices {
		and = append(and, k.byOp(file, atoms))
	}
	return joined(and)
}

func flatten(choices [][]atom) []atom {
	var all []atom
	for _, atoms := range choices {
		all = append(all, atoms...)
	}
	return all
}

// alike tells whether each value has one alternative, of the same kind.
func alike(choices [][]atom) bool {
	for _, atoms := range choices {
		if len(atoms) != 1 || atoms[0].op != choices[0][0].op || atoms[0].part != choices[0][0].part {
			return false
		}
	}
	return true
}

// byOp makes an item of the atoms of each comparison, joined by or.
func (k key) byOp(file string, atoms []atom) Node {
	var or Or
	for len(atoms) > 0 {
		var same, others []atom
		for _, a := range atoms {
			if a.op == atoms[0].op && a.part == atoms[0].part {
				same = append(same, a)
			} else {
				others = append(others, a)
			}
		}
		or, atoms = append(or, k.newItem(file, same)), others
	}
	return joined(or)
}

func (k key) newItem(file string, atoms []atom) *Item {
	item := &Item{
		Field: k.field, Modifiers: k.modifiers, Op: atoms[0].op, Part: atoms[0].part,
		Cased: has(k.modifiers, modifierCased),
		Place: Place{File: file, Line: k.at.line, Column: k.at.column},
	}
	for _, a := range atoms {
		item.Values = append(item.Values, a.value)
	}
	return item
}
