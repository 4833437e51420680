package respond

import (
	"net/netip"
	"slices"
	"testing"
)

func TestSpared(t *testing.T) {
	hop, own := netip.MustParsePrefix("198.51.100.10/32"), netip.MustParsePrefix("2001:db8::/48")
	allow := netip.MustParsePrefix("203.0.113.0/24")
	list := NewGuard(GuardOptions{Allow: []netip.Prefix{allow}, TrustedHops: []netip.Prefix{hop}, Own: []netip.Prefix{own}}).Spared()
	for _, p := range []netip.Prefix{hop, own, netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10")} {
		if !slices.Contains(list, p) {
			t.Errorf("%s is not in %v", p, list)
		}
	}
	if slices.Contains(list, allow) {
		t.Error("an exemption is in the list: agents know of it otherwise")
	}
}
