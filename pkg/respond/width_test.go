package respond

import (
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

var matchKey = block.NewMatchKey([32]byte{1})

// targetOn makes a target in which users and the like stand in clear.
func targetOn(t *testing.T, text string) block.Target {
	t.Helper()
	criteria, err := block.ParseCriteria(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range criteria {
		if c.Scope.Secret() {
			criteria[i].Value = matchKey.Hash(c.Scope, c.Value)
		}
	}
	target, err := block.NewTarget(criteria...)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestAccidents is what must not happen by a slip, in every scope.
func TestAccidents(t *testing.T) {
	g := NewGuard(GuardOptions{
		Allow: prefixes("198.51.100.0/24"), TrustedHops: prefixes("10.0.0.1/32"),
		Monitors: prefixes("203.0.113.77/32", "2001:db8:77::/48"), Own: prefixes("203.0.113.9/32"),
	})
	rule := Asker{}
	analyst := Asker{Name: "alice", Address: netip.MustParseAddr("192.0.2.50")}
	admin := Asker{Name: "root", Admin: true, Address: analyst.Address}
	f := func(target string, by Asker, word Word, want string) {
		t.Helper()
		r, got := g.Check(targetOn(t, target), by, []block.MatchKey{matchKey}), ""
		if r.Because != nil {
			got = r.Because.Rule
		}
		if r.Word != word || got != want {
			t.Errorf("%s by %+v: %s %q, want %s %q", target, by, r.Word, got, word, want)
		}
	}
	// Everybody.
	f("0.0.0.0/0", admin, Refused, "everybody")
	f("::/0", admin, Refused, "everybody")
	f("0.0.0.0/0 & route:/**", admin, Refused, "reserved")
	f("0.0.0.0/1", admin, Refused, "reserved")
	f("route:/**", rule, Refused, "everybody")
	f("route:/**", analyst, Refused, "everybody")
	f("route:/**", admin, NeedsApproval, "everybody")
	f("route:GET /**", admin, NeedsApproval, "everybody")
	f("route:/** & user:mallory", analyst, Allowed, "")
	// Very many.
	f("12.0.0.0/8", admin, NeedsApproval, "width")
	f("12.0.0.0/8", analyst, Refused, "width")
	f("12.0.0.0/9", admin, Allowed, "")
	f("2a00::/20", admin, NeedsApproval, "width")
	f("2a00::/21", admin, Allowed, "")
	f("12.0.0.0/8 & route:/login", admin, NeedsApproval, "width")
	f("12.0.0.0/8 & user:mallory", analyst, Allowed, "")
	f("12.0.0.0/15", rule, Refused, "width")
	f("country:AQ", analyst, Refused, "broad")
	f("country:AQ", admin, Allowed, "")
	f("network:AS64500 & route:/login", rule, Refused, "broad")
	f("route:/login", analyst, Refused, "broad")
	f("api:orders", analyst, Refused, "broad")
	f("user_agent:curl/8.5.0", analyst, Allowed, "")
	f("fingerprint:abc & country:AQ", analyst, Allowed, "")
	// Whom we need.
	f("127.0.0.1", admin, Refused, "reserved")
	f("10.0.0.1 & user_agent:x", admin, Refused, "trusted-hop")
	f("203.0.113.77", admin, Refused, "monitor")
	f("2001:db8:77:1::/64", rule, Refused, "monitor")
	f("203.0.113.0/24 & route:/login", admin, Refused, "monitor")
	f("203.0.113.9", rule, Refused, "own-address")
	f("198.51.100.8 & route:/login", analyst, Refused, "allowlist")
	// Oneself.
	f("192.0.2.50", analyst, Refused, "caller")
	f("192.0.2.0/24", admin, Refused, "caller")
	f("user:alice", analyst, Refused, "caller")
	f("user:alice & route:/login", analyst, Refused, "caller")
	f("token:root", admin, Refused, "caller")
	f("application:root", admin, Refused, "caller")
	f("user:alice", admin, Allowed, "")
	f("user:alice", rule, Allowed, "")
}

func TestExemptionsThatAreTooWide(t *testing.T) {
	g := NewGuard(GuardOptions{})
	f := func(target string, admin bool, want Word) {
		t.Helper()
		if r := g.CheckExemption(targetOn(t, target).Exempt(), Asker{Name: "alice", Admin: admin}); r.Word != want {
			t.Errorf("exemption of %s, admin %v: %s, want %s", target, admin, r.Word, want)
		}
	}
	f("192.0.2.7", false, Allowed)
	f("192.0.0.0/16", false, Allowed)
	f("192.0.0.0/15", false, Refused)
	f("192.0.0.0/15", true, Allowed)
	f("2001:db8::/31", false, Refused)
	f("user:bob", false, Allowed)
	f("user_agent:probe/1", false, Refused)
	f("route:/health", false, Refused)
	f("route:/health", true, Allowed)
	f("0.0.0.0/0", false, Refused)
	f("0.0.0.0/0", true, NeedsApproval)
	f("route:/**", true, NeedsApproval)
}
