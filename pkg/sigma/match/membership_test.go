package match

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

// An address lies in the ranges exactly if a network contains it.
func TestMembershipSaysWhatNetworksSay(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 8))
	made := func() netip.Addr {
		if random.IntN(3) == 0 {
			return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(random.IntN(3)), 15: byte(random.IntN(4))})
		}
		return netip.AddrFrom4([4]byte{10, byte(random.IntN(2)), byte(random.IntN(4)), byte(random.IntN(256))})
	}
	for range 500 {
		var networks []netip.Prefix
		for range random.IntN(6) {
			a := made()
			networks = append(networks, netip.PrefixFrom(a, random.IntN(a.BitLen()+1)))
		}
		m := newMembership(nil, networks)
		for range 100 {
			a := made()
			want := slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
			if m.has(a) != want {
				t.Fatalf("%v in %v: %v, want %v", a, networks, !want, want)
			}
		}
	}
}
