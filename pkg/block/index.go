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
	prefixes *bart.Table[[]filed]    // filed under a prefix that is no single address
	lists    table[listKey, []filed] // filed under any other criterion
	count    int                     // of entries
	routes   trie                    // what of routes lists has
	uses     uses                    // what of scopes lists has
}

// filed is a target with its entry.
type filed struct {
	target Target
	entry  Entry
}

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
		list := x.in(d)
		if i := indexOf(list, t); i >= 0 {
			return d, &list[i].entry
		}
	}
	return drawer{}, nil
}

func indexOf(list []filed, t Target) int {
	return slices.IndexFunc(list, func(f filed) bool { return f.target == t })
}

// in is what is filed in a drawer; under the hash of another, too.
func (x *index) in(d drawer) (list []filed) {
	if d.code != codePrefix {
		if found := x.lists.find(d.key); found != nil {
			list = *found
		}
	} else if x.prefixes != nil {
		list, _ = x.prefixes.Get(d.prefix)
	}
	return list
}

// rarest is the drawer of a target that holds the fewest others.
func (x *index) rarest(t Target) drawer {
	var room [maxDrawers]drawer
	drawers := t.drawers(room[:0])
	if len(drawers) == 1 {
		return drawers[0]
	}
	return slices.MinFunc(drawers, func(a, b drawer) int { return len(x.in(a)) - len(x.in(b)) })
}

// put sets the entry of a target.
func (x *index) put(t Target, e Entry, mine bool) {
	d, old := x.find(t)
	if old == nil {
		x.file(x.rarest(t), filed{t, e}, mine)
		return
	}
	list := slices.Clone(x.in(d))
	list[indexOf(list, t)].entry = e
	x.set(d, list, mine)
}

// file adds the entry of a target that is not there.
func (x *index) file(d drawer, f filed, mine bool) {
	list := x.in(d)
	if !mine {
		list = slices.Clip(list)
	}
	x.set(d, append(list, f), mine)
	x.counted(d, 1, mine)
}

// remove takes a target away.
func (x *index) remove(t Target) {
	d, old := x.find(t)
	if old == nil {
		return
	}
	x.set(d, slices.DeleteFunc(slices.Clone(x.in(d)), func(f filed) bool { return f.target == t }), false)
	x.counted(d, -1, false)
}

// counted takes note of entries that came into a drawer, or left it.
func (x *index) counted(d drawer, n int, mine bool) {
	x.count += n
	if d.code == codePrefix {
		return
	}
	x.uses.count(d, n)
	if d.code == codeRoute {
		x.routes.count(d.value, int32(n), mine)
	}
}

// set replaces what is filed in a drawer.
func (x *index) set(d drawer, list []filed, mine bool) {
	switch {
	case d.code == codePrefix:
		x.setUnder(d.prefix, list, mine)
	case len(list) == 0:
		x.lists.drop(d.key)
	default:
		x.lists.put(d.key, list, mine)
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
		for _, list := range x.lists.all() {
			if !eachFiled(*list, yield) {
				return
			}
		}
		if x.prefixes == nil {
			return
		}
		for _, list := range x.prefixes.All() {
			if !eachFiled(list, yield) {
				return
			}
		}
	}
}

func eachFiled(list []filed, yield func(Target, *Entry) bool) bool {
	for i := range list {
		if !yield(list[i].target, &list[i].entry) {
			return false
		}
	}
	return true
}

// settle ends changes in place.
func (x *index) settle() {
	x.lists.settle()
	x.routes.nodes.settle()
}
