package match

import (
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// membership holds when an address of the columns lies in one of the networks.
type membership struct {
	columns  []column
	networks []addressRange // in order, apart from each other
}

// addressRange is all addresses of a kind from the first to the last one.
type addressRange struct{ first, last netip.Addr }

// newMembership makes the test of networks of which one is enough.
func newMembership(columns []column, networks []netip.Prefix) *membership {
	t := &membership{columns: columns}
	for _, n := range networks {
		if n = network(n).Masked(); n.IsValid() {
			t.networks = append(t.networks, addressRange{n.Addr(), lastOf(n)})
		}
	}
	slices.SortFunc(t.networks, func(a, b addressRange) int { return a.first.Compare(b.first) })
	apart := t.networks[:0]
	for _, r := range t.networks {
		if n := len(apart); n > 0 && r.first.Compare(apart[n-1].last) <= 0 {
			if r.last.Compare(apart[n-1].last) > 0 {
				apart[n-1].last = r.last
			}
			continue
		}
		apart = append(apart, r)
	}
	t.networks = apart
	return t
}

// lastOf is the last address of a network.
func lastOf(n netip.Prefix) netip.Addr {
	bytes := n.Addr().AsSlice()
	for bit := n.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

func (t *membership) holds(s *Scanner) bool {
	for _, c := range t.columns {
		s.addrs = s.addresses(s.addrs[:0], c)
		if slices.ContainsFunc(s.addrs, t.has) {
			return true
		}
	}
	return false
}

// has looks for the range that begins last, but not behind an address.
func (t *membership) has(a netip.Addr) bool {
	at, found := slices.BinarySearchFunc(t.networks, a, func(r addressRange, a netip.Addr) int { return r.first.Compare(a) })
	if found {
		return true
	}
	return at > 0 && a.Compare(t.networks[at-1].last) <= 0 && a.Zone() == ""
}

// network adds a network, to the others of the item when one is enough.
func (b *atomBuilder) network(v *sigma.Value) {
	if b.item.All {
		b.add(newMembership(b.columns, []netip.Prefix{v.Prefix}), costAddress)
		return
	}
	b.networks = append(b.networks, v.Prefix)
}

// gatherNetworks adds the test of networks of which one is enough.
func (b *atomBuilder) gatherNetworks() {
	if len(b.networks) > 0 {
		b.add(newMembership(b.columns, b.networks), costAddress)
	}
}
