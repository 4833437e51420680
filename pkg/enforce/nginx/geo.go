package nginx

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// held is an entry under the addresses for which it is held.
type held struct {
	prefix netip.Prefix
	entry  *mirror.Entry
}

// flatten makes a table in which the longest match says what has to be done
// of entries of which the strongest counts: an entry inside a stronger one
// says the same as that, and is left out.
func flatten(all []held) []held {
	slices.SortFunc(all, func(a, b held) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()),
			compareStrength(a.entry, b.entry))
	})
	flat := all[:0:0]
	var around []held // those that contain the current one, the widest first, each with what is in force there
	for _, h := range all {
		for len(around) > 0 && !contains(around[len(around)-1].prefix, h.prefix) {
			around = around[:len(around)-1]
		}
		var outer *mirror.Entry
		if len(around) > 0 {
			outer = around[len(around)-1].entry
		}
		if !stronger(h.entry, outer) {
			continue
		}
		if len(around) > 0 && around[len(around)-1].prefix == h.prefix {
			around, flat = around[:len(around)-1], flat[:len(flat)-1]
		}
		around, flat = append(around, h), append(flat, h)
	}
	return flat
}

// compareStrength puts the weaker one first.
func compareStrength(a, b *mirror.Entry) int {
	switch {
	case b.Action.Stronger(a.Action):
		return -1
	case a.Action.Stronger(b.Action):
		return 1
	default:
		return cmp.Compare(b.ID, a.ID)
	}
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
