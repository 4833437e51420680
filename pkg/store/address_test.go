package store

import (
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestAddressesAreWrittenAsNetipDoes(t *testing.T) {
	f := func(text string) {
		t.Helper()
		addr := event.AddrFrom(netip.MustParseAddr(text))
		got := appendAddress(nil, &addr)
		if want := addr.Netip().String(); string(got[1:]) != want || int(got[0]) != len(want) {
			t.Errorf("%s: %q, want %q after its length", text, got, want)
		}
	}
	f("0.0.0.0")
	f("1.20.255.100")
	f("10.9.99.109")
	f("255.255.255.255")
	f("::ffff:192.0.2.7")
	f("::1")
	f("2001:db8::7")
	f("::7f00:1")
	if got := appendAddress(nil, &event.Addr{}); string(got) != "\x00" {
		t.Errorf("the unknown address is %q", got)
	}
}

// TestClientsThatAreTheirPeers are copied, also after rows without addresses.
func TestClientsThatAreTheirPeers(t *testing.T) {
	same, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	batch := func(peers, clients []netip.Addr) *event.Batch {
		b := new(event.Batch)
		for i := range peers {
			b.SetAddr(event.PeerAddress, peers[i])
			b.SetAddr(event.ClientAddress, clients[i])
			b.EndRow()
		}
		return b
	}
	none := new(event.Batch)
	none.SetString(event.Path, "/")
	none.EndRow()
	r := newEventRows()
	for _, b := range []*event.Batch{
		none,
		batch([]netip.Addr{same, same}, []netip.Addr{same, same}),
		none,
		batch([]netip.Addr{same}, []netip.Addr{other}),
		batch([]netip.Addr{other}, []netip.Addr{other}),
	} {
		r.add(b)
	}
	r.peer.fill(r.rows)
	r.client.fill(r.rows)
	const s, o = "\x09192.0.2.1", "\x0b2001:db8::1"
	if got, want := string(r.peer.data), "\x00"+s+s+"\x00"+s+o; got != want {
		t.Errorf("peers %q, want %q", got, want)
	}
	if got, want := string(r.client.data), "\x00"+s+s+"\x00"+o+o; got != want {
		t.Errorf("clients %q, want %q", got, want)
	}
}
