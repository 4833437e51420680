package auth

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestAttempts(t *testing.T) {
	a := NewAttempts(3, 10*time.Second, 100)
	client, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range 3 {
		if ok, _ := a.Allowed(client, noon); !ok {
			t.Fatal("refused before the burst was used up")
		}
		a.Failed(client, noon)
	}
	ok, after := a.Allowed(client, noon)
	if ok || after != 10*time.Second {
		t.Errorf("got %v, %v, want refused for 10s", ok, after)
	}
	if ok, _ := a.Allowed(other, noon); !ok {
		t.Error("another address is refused too")
	}
	if ok, _ := a.Allowed(client, noon.Add(after)); !ok {
		t.Error("still refused after the wait")
	}
}

func TestAttemptsWaitIsBounded(t *testing.T) {
	a := NewAttempts(3, time.Second, 100)
	client := netip.MustParseAddr("192.0.2.1")
	for range 1000 {
		a.Failed(client, noon)
	}
	if _, after := a.Allowed(client, noon); after > 6*time.Second {
		t.Errorf("got a wait of %v, want at most 6s", after)
	}
}

func TestAttemptsCountNetworks(t *testing.T) {
	f := func(first, second string, same bool) {
		t.Helper()
		a := NewAttempts(1, time.Second, 100)
		a.Failed(netip.MustParseAddr(first), noon)
		if ok, _ := a.Allowed(netip.MustParseAddr(second), noon); ok == same {
			t.Errorf("%s after %s: allowed %v", second, first, ok)
		}
	}
	f("2001:db8::1", "2001:db8::ffff", true)
	f("2001:db8::1", "2001:db8:0:1::1", false)
	f("192.0.2.1", "::ffff:192.0.2.1", true)
	f("fe80::1%eth0", "fe80::2", true)
}

func TestAttemptsAreBounded(t *testing.T) {
	a := NewAttempts(1, time.Minute, 10)
	for i := range 1000 {
		var raw [4]byte
		binary.BigEndian.PutUint32(raw[:], uint32(i))
		a.Failed(netip.AddrFrom4(raw), noon.Add(time.Duration(i)*time.Millisecond))
	}
	if len(a.failed) > 10 {
		t.Errorf("remembers %d addresses, want at most 10", len(a.failed))
	}
	var last [4]byte
	binary.BigEndian.PutUint32(last[:], 999)
	if ok, _ := a.Allowed(netip.AddrFrom4(last), noon.Add(time.Second)); ok {
		t.Error("the last one to fail was forgotten")
	}
	a.Failed(netip.Addr{}, noon.Add(time.Hour))
	if len(a.failed) != 1 {
		t.Errorf("remembers %d addresses after an hour, want the last one only", len(a.failed))
	}
}
