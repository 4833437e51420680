package mirror

import (
	"cmp"
	"slices"
)

// sortEntries puts entries in the order of All.
func sortEntries(entries []Entry) {
	slices.SortFunc(entries, compare)
}

func compare(a, b Entry) int {
	plainA, plainB := a.Target.Plain(), b.Target.Plain()
	switch {
	case plainA != plainB:
		if plainA {
			return -1
		}
		return 1
	case !plainA:
		return cmp.Compare(a.Target.Key(), b.Target.Key())
	}
	p, q := a.Target.Prefix(), b.Target.Prefix()
	if order := cmp.Or(p.Addr().Compare(q.Addr()), cmp.Compare(p.Bits(), q.Bits())); order != 0 || a.Target == b.Target {
		return order
	}
	if b.Target.Exemption() { // of the two on one prefix, the exemption comes last
		return -1
	}
	return 1
}
