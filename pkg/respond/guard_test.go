package respond

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func prefixes(s ...string) []netip.Prefix {
	var p []netip.Prefix
	for _, text := range s {
		p = append(p, netip.MustParsePrefix(text))
	}
	return p
}

// TestGuardNamesWhatItProtects: who asks for a wide block has to learn what it
// must leave out.
func TestGuardNamesWhatItProtects(t *testing.T) {
	g := NewGuard(GuardOptions{Allow: prefixes("198.51.100.200/32", "203.0.113.0/28")})
	f := func(target, want string) {
		t.Helper()
		parsed, err := block.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		if r := g.Protects(parsed); r == nil || r.Reason != want {
			t.Errorf("%s: %+v, want %q", target, r, want)
		}
	}
	f("198.51.100.200", "198.51.100.200 holds an address of the allowlist")
	f("198.51.100.0/24", "198.51.100.0/24 holds an address of the allowlist: 198.51.100.200")
	f("203.0.113.0/24", "203.0.113.0/24 holds an address of the allowlist: 203.0.113.0/28")
	f("203.0.113.7", "203.0.113.7 holds an address of the allowlist: 203.0.113.0/28")
}

func TestGuard(t *testing.T) {
	g := NewGuard(GuardOptions{
		Allow:       prefixes("198.51.100.0/24", "2001:db8:a::/48"),
		TrustedHops: prefixes("10.0.0.1/32"),
		Own:         prefixes("203.0.113.9/32"),
	})
	person := Asker{Address: netip.MustParseAddr("192.0.2.50")}
	admin := Asker{Admin: true, Address: person.Address}
	f := func(target string, by Asker, want string) {
		t.Helper()
		parsed, err := block.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		got, ruling := "", g.Check(parsed, by, nil)
		if r := ruling.Because; r != nil {
			if ruling.Word == Refused && !errors.Is(ruling.Err(), ErrRefused) || r.Reason == "" || r.Hint == "" {
				t.Fatalf("%s: %#v is no whole refusal", target, ruling)
			}
			got = r.Rule
		}
		if got != want {
			t.Errorf("block of %s by %+v: %q, want %q", target, by, got, want)
		}
	}
	f("192.0.2.7", Asker{}, "")
	f("192.0.2.7", person, "")
	f("2001:db8:1:2::/64", Asker{}, "")
	f("10.1.2.3", Asker{}, "")
	// Never: what is nobody's, or everybody's.
	f("127.0.0.1", admin, "reserved")
	f("127.5.0.0/16", admin, "reserved")
	f("::1", admin, "reserved")
	f("::ffff:127.0.0.1", admin, "reserved")
	f("169.254.1.1", admin, "reserved")
	f("fe80::1", admin, "reserved")
	f("0.0.0.0", admin, "reserved")
	f("::", admin, "reserved")
	f("224.0.0.5", admin, "reserved")
	f("ff02::1", admin, "reserved")
	f("255.255.255.255", admin, "reserved")
	f("0.0.0.0/0", admin, "everybody")
	f("::/0", admin, "everybody")
	// Allowlists win, in both directions.
	f("198.51.100.7", admin, "allowlist")
	f("198.51.100.0/28", admin, "allowlist")
	f("198.51.0.0/16", admin, "allowlist")
	f("2001:db8:a:1::/64", Asker{}, "allowlist")
	f("10.0.0.1", Asker{}, "trusted-hop")
	f("10.0.0.0/24", admin, "trusted-hop")
	f("203.0.113.9", person, "own-address")
	// The caller.
	f("192.0.2.50", person, "caller")
	f("192.0.2.0/24", admin, "caller")
	f("192.0.2.0/24", Asker{}, "")
	// Width.
	f("172.16.0.0/16", person, "")
	f("172.16.0.0/15", person, "width")
	f("172.16.0.0/15", admin, "")
	f("2001:db9::/32", person, "")
	f("2001:dba::/31", person, "width")
	f("2001:dc0::/31", admin, "")
}

func TestBudget(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := newBudget(&LedgerOptions{PerMinute: 5, PerAgentOnly: 2, PerRule: -1, PerSegment: -1})
	f := func(agent, want string) {
		t.Helper()
		got := ""
		if r := b.take(agent, "r", "all", now); r != nil {
			got = r.Rule
		}
		if got != want {
			t.Errorf("agent %q: %q, want %q", agent, got, want)
		}
	}
	f("a", "")
	f("a", "")
	f("a", "agent-budget")
	f("b", "")
	f("", "")
	f("", "")
	f("", "budget")
	now = now.Add(59 * time.Second)
	f("a", "agent-budget")
	now = now.Add(time.Second)
	f("a", "")
	unlimited := newBudget(&LedgerOptions{PerMinute: -1, PerAgentOnly: -1, PerRule: -1, PerSegment: -1})
	for range 10_000 {
		if r := unlimited.take("a", "r", "all", now); r != nil {
			t.Fatal(r)
		}
	}
}
