package respond

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Who may not block a prefix because of somebody in it is told what to leave
// out, and what is left is allowed.
func TestWayOut(t *testing.T) {
	g := NewGuard(GuardOptions{Own: prefixes("203.0.113.9/32"), TrustedHops: prefixes("203.0.113.64/30", "10.0.0.0/8"), Allow: prefixes("198.51.100.1/32")})
	f := func(target, caller string, parts int, flags ...string) {
		t.Helper()
		by := Asker{Admin: true, Address: netip.MustParseAddr(caller)}
		asked, err := block.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		r := g.Check(asked, by, nil)
		if r.Word != Refused || len(r.Because.Parts) != parts {
			t.Fatalf("%s: %s, %+v: %v; want %d parts", target, r.Word, r.Because, r.Because.Parts, parts)
		}
		for _, flag := range flags {
			if !strings.Contains(r.Because.Hint, " --except "+flag) {
				t.Errorf("%s: %q lacks %s", target, r.Because.Hint, flag)
			}
		}
		for _, part := range r.Because.Parts {
			if r := g.Check(part, by, nil); r.Word == Refused {
				t.Errorf("%s: its part %s: %+v", target, part, r)
			}
			if part.Prefix().Contains(by.Address) {
				t.Errorf("%s holds %s", part, caller)
			}
		}
	}
	f("192.0.2.0/24", "192.0.2.50", 8, "192.0.2.50")
	f("192.0.2.0/24 & user_agent:curl/8", "192.0.2.50", 8, "192.0.2.50")
	f("203.0.113.0/24", "203.0.113.70", 12, "203.0.113.9", "203.0.113.64/30", "203.0.113.70")
	f("2001:db8::/48", "2001:db8::7", 16, "2001:db8::/64")
	f("192.0.2.50", "192.0.2.50", 0)
	f("10.1.0.0/16", "192.0.2.50", 0)
	f("127.0.0.0/7", "192.0.2.50", 1, "127.0.0.0/8")
	f("0.0.0.0/0", "192.0.2.50", 0)
	f("::ffff:0:0/95", "192.0.2.50", 0)
}
