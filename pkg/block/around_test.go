package block

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestAround(t *testing.T) {
	f := func(prefix, want string, exempt ...string) {
		t.Helper()
		var list []netip.Prefix
		for _, e := range exempt {
			list = append(list, netip.MustParsePrefix(e))
		}
		if got := fmt.Sprint(Around(netip.MustParsePrefix(prefix), NewAllowlist(list))); got != want {
			t.Errorf("%s around %v: %s, want %s", prefix, exempt, got, want)
		}
	}
	f("192.0.2.0/24", "[192.0.2.0/24]")
	f("192.0.2.0/24", "[]", "192.0.2.0/24")
	f("192.0.2.7/32", "[]", "192.0.0.0/16")
	f("192.0.2.0/30", "[192.0.2.0/31 192.0.2.3/32]", "192.0.2.2/32")
	f("2001:db8::/32", "[2001:db8:8000::/33]", "2001:db8::/33")
}

func TestAroundLeavesJustTheOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		p := netip.PrefixFrom(randomAddr(r), 24+r.IntN(9)).Masked()
		var list []netip.Prefix
		for range r.IntN(6) {
			list = append(list, netip.PrefixFrom(randomAddr(r), 23+r.IntN(10)).Masked())
		}
		exempt := NewAllowlist(list)
		left := Around(p, exempt)
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			in := 0
			for _, part := range left {
				if part.Contains(a) {
					in++
				}
			}
			if want := !exempt.Contains(a); in > 1 || (in == 1) != want {
				t.Fatalf("%s around %v: %s is in %d parts of %v", p, list, a, in, left)
			}
		}
	}
}
