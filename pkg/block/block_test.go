package block

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTarget(t *testing.T) {
	f := func(in, want string, scope Scope, key string) {
		t.Helper()
		got, err := ParseTarget(in)
		if err != nil || got.String() != want || got.Scope() != scope || got.Key() != key {
			t.Errorf("%s: %s %s %s %v", in, got, got.Scope(), got.Key(), err)
			return
		}
		segment, back, err := ParseKey("eu." + key)
		if err != nil || segment != "eu" || back != got {
			t.Errorf("key %s: %s %v %v", key, segment, back, err)
		}
	}
	f("192.0.2.7", "192.0.2.7", ScopeAddress, "address.c0000207")
	f("192.0.2.7/32", "192.0.2.7", ScopeAddress, "address.c0000207")
	f("::ffff:192.0.2.7", "192.0.2.7", ScopeAddress, "address.c0000207")
	f("::ffff:192.0.2.0/120", "192.0.2.0/24", ScopePrefix, "prefix.c0000200-24")
	f("192.0.2.7/24", "192.0.2.0/24", ScopePrefix, "prefix.c0000200-24")
	f("2001:db8::7", "2001:db8::7", ScopeAddress, "address.20010db8000000000000000000000007")
	f("2001:db8::7/64", "2001:db8::/64", ScopePrefix, "prefix.20010db8000000000000000000000000-64")
}

func TestParseTargetRefuses(t *testing.T) {
	for _, bad := range []string{"", "x", "192.0.2.256", "192.0.2.0/33", "192.0.2", "/24"} {
		if _, err := ParseTarget(bad); err == nil || !strings.Contains(err.Error(), "want an address") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "eu", "eu.address", "eu.address.c0", "eu.prefix.c0000207-24", "eu.address.C0000207", "e u.address.c0000207", "eu.prefix.c0000200-x"} {
		if _, _, err := ParseKey(bad); err == nil {
			t.Errorf("key %q was taken", bad)
		}
	}
}

func TestBlockAsJSON(t *testing.T) {
	want := Block{
		ID: NewID("a"), Segment: All, Target: AddressTarget(netip.MustParseAddr("192.0.2.7")), Mode: Shadow,
		LifetimeSeconds: 60, CreatedAt: time.Unix(1_700_000_000, 0).UTC(), Reason: "touched a decoy",
		Findings: []string{"f"}, By: "rule:decoy.env-file", Revision: 12,
	}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Block
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Target{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(data), `"target":{"scope":"address","value":"192.0.2.7"}`) {
		t.Errorf("%s", data)
	}
	for _, bad := range []string{`{"id":"xyz"}`, `{"mode":"maybe"}`, `{"action":"explode"}`, `{"target":{"value":"nobody"}}`, `{"target":{"scope":"prefix","value":"192.0.2.7"}}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Block{ID: 1, Segment: "eu-west", Target: AddressTarget(netip.MustParseAddr("192.0.2.7")), LifetimeSeconds: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	f := func(change func(*Block), want string) {
		t.Helper()
		b := good
		change(&b)
		if err := b.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something about %q", err, want)
		}
	}
	f(func(b *Block) { b.ID = 0 }, "id")
	f(func(b *Block) { b.Segment = "a.b" }, "segment")
	f(func(b *Block) { b.Segment = "a>*" }, "segment")
	f(func(b *Block) { b.LifetimeSeconds = 0 }, "lifetime")
	f(func(b *Block) { b.Target = Target{} }, "target")
}

func TestAllowlist(t *testing.T) {
	l := NewAllowlist([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("2001:db8::/48")})
	target := func(s string) Target {
		parsed, err := ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	if !l.Contains(netip.MustParseAddr("::ffff:192.0.2.3")) || l.Contains(netip.MustParseAddr("192.0.2.16")) {
		t.Error("wrong addresses are allowed")
	}
	if !l.Overlaps(target("192.0.0.0/16")) || !l.Overlaps(target("192.0.2.3")) || l.Overlaps(target("192.0.3.0/24")) {
		t.Error("wrong targets overlap")
	}
	var none *Allowlist
	if none.Contains(netip.MustParseAddr("192.0.2.3")) || none.Overlaps(target("192.0.2.3")) {
		t.Error("an empty allowlist allows")
	}
}
