package block

import (
	"iter"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"
	"github.com/zeebo/xxh3"
)

// index is the entries that exact does not hold. Each is filed under one of
// its criteria, and a request is held against those that are filed under what
// it has. A conjunction is filed under its rarest part: the criterion under
// which the fewest others are when it comes. So a hundred thousand
// conjunctions that share a user agent cost a request with that user agent
// nothing when they differ in their addresses.
type index struct {
	prefixes *bart.Table[[]filed]  // filed under a prefix that is no single address
	lists    table[listKey, filed] // filed under any other criterion
	routes   trie                  // what of routes lists has
	uses     uses                  // what of scopes lists has
}

// filed is a target with its entry.
type filed struct {
	target Target
	entry  Entry
}

// same tells whether another is of the same target.
func (f *filed) same(other *filed) bool { return f.target == other.target }

// listKey is the hash of a scope and a value. Two may have the same, so a
// target is compared in any case.
type listKey uint64

func (k listKey) hash() uint64 { return uint64(k) }

func listKeyOf(code byte, value string) listKey {
	return listKey(xxh3.HashStringSeed(value, uint64(code)))
}

func addressKey(a netip.Addr) listKey { return listKey(keyOf6(a).hash()) }

// drawer is where a target may be filed: under a prefix, or under the key of
// another criterion.
type drawer struct {
	code   byte
	prefix netip.Prefix
	key    listKey
	value  string
}

// drawers lists where a target may be filed, in the order of its criteria.
func (t Target) drawers(dst []drawer) []drawer {
	switch {
	case !t.prefix.IsValid():
	case t.prefix.IsSingleIP():
		dst = append(dst, drawer{code: codeAddress, key: addressKey(t.prefix.Addr())})
	default:
		dst = append(dst, drawer{code: codePrefix, prefix: t.prefix})
	}
	for rest := t.rest; rest != ""; {
		code, value, after := cutCriterion(rest)
		d := drawer{code: code, value: value}
		if code == codeRoute {
			d.key = routeKey(value)
		} else {
			d.key = listKeyOf(code, value)
		}
		dst, rest = append(dst, d), after
	}
	return dst
}

// maxDrawers is enough room for the drawers of any target.
const maxDrawers = len(scopes)

// find gives where a target is filed, and its entry; nil when it is not there.
func (x *index) find(t Target) (drawer, *Entry) {
	var room [maxDrawers]drawer
	for _, d := range t.drawers(room[:0]) {
		if f, _ := x.look(d, t); f != nil {
			return d, &f.entry
		}
	}
	return drawer{}, nil
}

// look gives a target that is filed in a drawer, and its place there.
func (x *index) look(d drawer, t Target) (*filed, int) {
	if d.code == codePrefix {
		list := x.under(d.prefix)
		i := slices.IndexFunc(list, func(f filed) bool { return f.target == t })
		if i < 0 {
			return nil, i
		}
		return &list[i], i
	}
	near := x.lists.near(d.key)
	for i := range near {
		if near[i].key == d.key && near[i].value.target == t {
			return &near[i].value, i
		}
	}
	return nil, -1
}

func (x *index) under(p netip.Prefix) []filed {
	if x.prefixes == nil {
		return nil
	}
	list, _ := x.prefixes.Get(p)
	return list
}

// rarest is the drawer of a target that holds the fewest others.
func (x *index) rarest(t Target) drawer {
	var room [maxDrawers]drawer
	drawers := t.drawers(room[:0])
	if len(drawers) == 1 {
		return drawers[0]
	}
	return slices.MinFunc(drawers, func(a, b drawer) int { return x.size(a) - x.size(b) })
}

func (x *index) size(d drawer) int {
	if d.code == codePrefix {
		return len(x.under(d.prefix))
	}
	n := 0
	near := x.lists.near(d.key)
	for i := range near {
		if near[i].key == d.key {
			n++
		}
	}
	return n
}

// put sets the entry of a target.
func (x *index) put(t Target, e Entry, mine bool) {
	if d, old := x.find(t); old != nil {
		x.replace(d, filed{t, e}, mine)
	} else {
		x.file(x.rarest(t), filed{t, e}, mine)
	}
}

func (x *index) replace(d drawer, f filed, mine bool) {
	if d.code != codePrefix {
		x.lists.set(d.key, f.same, f, mine)
		return
	}
	_, i := x.look(d, f.target)
	list := slices.Clone(x.under(d.prefix))
	list[i] = f
	x.setUnder(d.prefix, list, mine)
}

func (x *index) file(d drawer, f filed, mine bool) {
	if d.code == codePrefix {
		x.setUnder(d.prefix, append(slices.Clip(x.under(d.prefix)), f), mine)
		return
	}
	x.lists.add(d.key, f, mine)
	x.uses.count(d, 1)
	if d.code == codeRoute {
		x.routes.add(d.value, mine)
	}
}

// remove takes a target away.
func (x *index) remove(t Target) {
	d, old := x.find(t)
	if old == nil {
		return
	}
	gone := filed{target: t}
	if d.code == codePrefix {
		x.setUnder(d.prefix, slices.DeleteFunc(slices.Clone(x.under(d.prefix)), func(f filed) bool { return f.same(&gone) }), false)
		return
	}
	x.lists.remove(d.key, gone.same)
	x.uses.count(d, -1)
	if d.code == codeRoute {
		x.routes.remove(d.value)
	}
}

func (x *index) setUnder(p netip.Prefix, list []filed, mine bool) {
	if x.prefixes == nil {
		x.prefixes = new(bart.Table[[]filed])
	}
	switch {
	case mine:
		x.prefixes.Insert(p, list)
	case len(list) == 0:
		x.prefixes = x.prefixes.DeletePersist(p)
	default:
		x.prefixes = x.prefixes.InsertPersist(p, list)
	}
	if x.prefixes.Size() == 0 {
		x.prefixes = nil
	}
}

// all yields the entries in no particular order.
func (x *index) all() iter.Seq2[Target, *Entry] {
	return func(yield func(Target, *Entry) bool) {
		for _, f := range x.lists.all() {
			if !yield(f.target, &f.entry) {
				return
			}
		}
		if x.prefixes == nil {
			return
		}
		for _, list := range x.prefixes.All() {
			for i := range list {
				if !yield(list[i].target, &list[i].entry) {
					return
				}
			}
		}
	}
}

// settle ends changes in place.
func (x *index) settle() {
	x.lists.settle()
	x.routes.nodes.settle()
}
