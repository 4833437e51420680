package block

import "net/netip"

// Around gives what is left of a prefix without the addresses of an
// allowlist, as few prefixes as that takes, in the order of their addresses:
// for lists that know no exemptions.
func Around(p netip.Prefix, exempt *Allowlist) []netip.Prefix {
	return around(nil, PrefixTarget(p).prefix, exempt)
}

func around(dst []netip.Prefix, p netip.Prefix, exempt *Allowlist) []netip.Prefix {
	switch {
	case !exempt.Overlaps(Target{prefix: p}):
		return append(dst, p)
	case exempt.holds(p):
		return dst
	}
	lower := netip.PrefixFrom(p.Addr(), p.Bits()+1)
	return around(around(dst, lower, exempt), upperHalf(p), exempt)
}

// upperHalf is the second half of a prefix that has two.
func upperHalf(p netip.Prefix) netip.Prefix {
	a := p.Addr().AsSlice()
	a[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	upper, _ := netip.AddrFromSlice(a)
	return netip.PrefixFrom(upper, p.Bits()+1)
}

// holds tells whether all addresses of a prefix are allowed by one entry.
func (l *Allowlist) holds(p netip.Prefix) bool {
	return l != nil && l.table.LookupPrefix(p)
}
