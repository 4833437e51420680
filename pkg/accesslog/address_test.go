package accesslog

import (
	"net/netip"
	"testing"
)

func TestClientBehind(t *testing.T) {
	trusted := func(a netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(a) }
	f := func(near, forwarded, want string) {
		t.Helper()
		if got := ClientBehind(netip.MustParseAddr(near), []byte(forwarded), trusted); got.String() != want {
			t.Errorf("behind %s with %q: %s, want %s", near, forwarded, got, want)
		}
	}
	f("192.0.2.7", "198.51.100.1", "192.0.2.7")
	f("10.0.0.1", "", "10.0.0.1")
	f("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1")
	f("10.0.0.1", "rubbish", "10.0.0.1")
	f("10.0.0.1", `for="[2001:db8::1]:4711"`, "2001:db8::1")
}
