package sigma

import (
	"cmp"
	"slices"
	"strings"
)

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
	d.warnAboutItem(k, values)
	return k.node(d.file.name, choices)
}

func (d *draft) modifiersKnown(k key) bool {
	for _, name := range k.modifiers {
		if modifiers[name] == nil {
			bad := unknownModifier(name)
			d.fail(k.at, bad.hint, "%s", bad.message)
			return false
		}
	}
	return true
}

// atoms makes a value's alternatives; nil when something is wrong.
func (d *draft) atoms(k key, v *tree, listed bool) []atom {
	a, bad := newAtom(v)
	atoms := []atom{a}
	for i, name := range k.modifiers {
		if bad == nil {
			atoms, bad = modify(&d.filling, modifiers[name], atoms)
			if bad != nil && slices.Contains(k.modifiers[i+1:], modifierExpand) {
				bad = wrong("write "+k.expandedFirst(), "expand stands before %s", name)
			}
		}
		if len(d.filling.unfilled) > 0 {
			d.filling.at = cmp.Or(d.filling.at, v)
			break // what stands for itself may be no network and no number
		}
	}
	for i := range atoms {
		if bad == nil {
			bad = atoms[i].finish(k, listed)
		}
	}
	if bad == nil {
		bad = d.count(len(atoms))
	}
	if bad != nil {
		d.fail(v, bad.hint, "%s: %s", k, bad.message)
		return nil
	}
	return atoms
}

// count keeps what modifiers make of a document's values within bounds.
func (d *draft) count(atoms int) *problem {
	if d.values += atoms; d.values > maxValues {
		return wrong("split the rule", "the modifiers make more than %d values of the document's", maxValues)
	}
	return nil
}

// expandedFirst is the key with expand in front of what reads the values.
func (k key) expandedFirst() string {
	rest := slices.DeleteFunc(slices.Clone(k.modifiers), func(m string) bool { return m == modifierExpand })
	return strings.Join(slices.Concat([]string{k.field, modifierExpand}, rest), "|")
}

func (k key) has(modifier string) bool { return slices.Contains(k.modifiers, modifier) }

// String names a key in messages.
func (k key) String() string {
	if k.at == nil || k.field == "" {
		return "keywords"
	}
	return strings.Join(append([]string{k.field}, k.modifiers...), "|")
}

// node joins the alternatives of a key's values: all alternatives of all
// values by or; with the modifier all, the alternatives of each value by or,
// and those by and.
func (k key) node(file string, choices [][]atom) Node {
	node := k.grouped(file, choices)
	if !k.has(modifierNeq) {
		return node
	}
	if item, ok := node.(*Item); ok {
		item.Not = true
		return item
	}
	return Not{node}
}

func (k key) grouped(file string, choices [][]atom) Node {
	if !k.has(modifierAll) || len(choices) == 1 {
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
		Cased: k.has(modifierCased),
		Place: Place{File: file, Line: k.at.line, Column: k.at.column},
	}
	for _, a := range atoms {
		item.Values = append(item.Values, a.value)
	}
	return item
}
