package finding

import (
	"encoding/json"
	"net/netip"
	"testing"
)

func TestActorOf(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := ActorOf(netip.MustParseAddr(in))
		if got.String() != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
		back, err := ParseActor(got.String())
		if err != nil || back != got {
			t.Errorf("%s came out as %s, %v", got, back, err)
		}
	}
	f("192.0.2.7", "address:192.0.2.7")
	f("::ffff:192.0.2.7", "address:192.0.2.7")
	f("2001:db8:1:2:3::4", "prefix:2001:db8:1:2::/64")
	f("fe80::1%eth0", "prefix:fe80::/64")
}

func TestParseActor(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got, err := ParseActor(in); err != nil || got.String() != want {
			t.Errorf("%s is %s, %v, want %s", in, got, err, want)
		}
	}
	f("192.0.2.7", "address:192.0.2.7")
	f("2001:db8::7", "prefix:2001:db8::/64")
	f("192.0.2.7/24", "prefix:192.0.2.0/24")
	f("user:a:b", "user:a:b")
	for _, bad := range []string{"", "nobody", "planet:earth", "user:", "address:192.0.2.01", "address:2001:db8::7", "address:x", "prefix:192.0.2.7/24", "prefix:x"} {
		if _, err := ParseActor(bad); err == nil {
			t.Errorf("%q was taken as an actor", bad)
		}
	}
}

func TestTierText(t *testing.T) {
	for _, tier := range append(Tiers(), 0) {
		data, err := json.Marshal(tier)
		var got Tier
		if err != nil || json.Unmarshal(data, &got) != nil || got != tier {
			t.Errorf("%v came out as %v by way of %s", tier, got, data)
		}
	}
	var got Tier
	if err := got.UnmarshalText([]byte("panic")); err == nil {
		t.Error("an unknown tier was taken")
	}
	if !(Log < Notify && Notify < Page) || Tier(0).String() != "none" || Tier(9).String() != "none" {
		t.Error("tiers are out of order or misnamed")
	}
}

func TestNewIDKeepsPartsApart(t *testing.T) {
	if NewID("ab", "c") == NewID("a", "bc") || NewID("a") == NewID("a", "") {
		t.Error("different parts give one id")
	}
	if id := NewID("a", "b"); id != NewID("a", "b") || len(id) != 32 {
		t.Errorf("id %s", id)
	}
}
