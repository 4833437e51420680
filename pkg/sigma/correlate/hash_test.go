package correlate

import (
	"strings"
	"testing"
)

// The vectors of SipHash's authors: key and data count up from 0.
func TestHash(t *testing.T) {
	k := secret{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	data := make([]byte, 16)
	for i := range data {
		data[i] = byte(i)
	}
	f := func(n int, want uint64) {
		t.Helper()
		if got := k.hash(data[:n]); got != want {
			t.Errorf("of %d bytes: %x, want %x", n, got, want)
		}
	}
	f(0, 0x726fdb47dd0e0e31)
	f(1, 0x74f839c593dc67fd)
	f(7, 0xab0200f58b01d137)
	f(8, 0x93f5f5799a932462)
	f(15, 0xa129ca6149be45e5)
}

func TestKey(t *testing.T) {
	long := strings.Repeat("é", 500)
	f := func(values ...string) {
		t.Helper()
		var key []byte
		for _, v := range values {
			key = appendValue(key, []byte(v))
		}
		got := splitKey(string(key), len(values))
		if len(got) != len(values) {
			t.Fatalf("%q became %q", values, got)
		}
		for i, v := range values {
			if len(v) <= maxValue && got[i] != v {
				t.Errorf("%q became %q", v, got[i])
			}
			if len(got[i]) > maxValue || !strings.HasPrefix(v, strings.Split(got[i], "~")[0]) {
				t.Errorf("%q became %q", v, got[i])
			}
		}
		var again []byte
		for _, v := range got {
			again = appendValue(again, []byte(v))
		}
		if string(again) != string(key) {
			t.Errorf("the key of %q is not that of what it became", values)
		}
	}
	f()
	f("a")
	f("a", "b", "\x00\xff")
	f(strings.Repeat("x", maxValue), "y")
	f(long)
	f(long, "y", "x"+long)
	f(strings.Repeat("\x80", 5000))
	if string(appendValue(nil, []byte(long+"a"))) == string(appendValue(nil, []byte(long+"b"))) {
		t.Error("two long values have one key")
	}
}

func TestSplitKeyFailure(t *testing.T) {
	f := func(key string, values int) {
		t.Helper()
		if got := splitKey(key, values); got != nil {
			t.Errorf("%q became %q", key, got)
		}
	}
	f("", 1)
	f("\x01a", 0)
	f("\x02a", 1)
	f("\x01ab", 1)
	f("\x80", 1)
	f("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a", 1)
}
