package receive

import (
	"bytes"
	"testing"
)

func TestMessage(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		if got := string(message([]byte(raw))); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	const combined = `198.51.100.7 - - [21/Nov/2026:17:19:37 +0000] "GET / HTTP/1.1" 200 1`
	// RFC 3164, as nginx and HAProxy write it.
	f("<190>Nov 21 17:19:37 edge nginx: "+combined, combined)
	f("<190>Nov  1 17:19:37 edge nginx: "+combined+"\n", combined)
	f("<190>Nov 21 17:19:37 nginx: "+combined, combined)
	f("<134>Nov 21 17:19:37 haproxy[815]: 10.0.0.1:99 [x]", "10.0.0.1:99 [x]")
	f("<134>Nov 21 17:19:37 2001:db8::1 haproxy[815]: 10.0.0.1:99 [x]", "10.0.0.1:99 [x]")
	f(`<134>Nov 21 17:19:37 edge nginx: {"a": 1}`, `{"a": 1}`)
	f(`<134>Nov 21 17:19:37 edge {"a": "x: y"}`, `{"a": "x: y"}`)
	f(`<134>Nov 21 17:19:37 {"a": 1}`, `{"a": 1}`)
	f("<13>Nov 21 17:19:37.123456 edge app/web: x", "x")
	f("<13>2026-11-21T17:19:37.1+01:00 edge app: x", "x")
	f("Nov 21 17:19:37 edge haproxy[815]: x y", "x y")
	f("<13>app[1]: x y", "x y")
	f("<13>x y", "x y")
	f(`<13>{"a":1}`, `{"a":1}`)
	f("<13>Nov 21 17:19:37 edge app: a: b: c", "a: b: c")
	f("<13>Nov 21 17:19:37 edge app:", "")
	f("<13>Nov 21 17:19:37 edge", "")
	// RFC 5424.
	f("<134>1 2026-11-21T17:19:37.003Z edge haproxy 815 - - 10.0.0.1:99 [x]", "10.0.0.1:99 [x]")
	f("<134>1 - - - - - - x", "x")
	f("<134>1 - - - - - - \xef\xbb\xbfx y", "x y")
	f("<134>1 - - - - - -", "")
	f(`<134>1 2026-11-21T17:19:37Z edge app 1 id [a@1 b="]\"]" c="d"][e] {"x":1}`, `{"x":1}`)
	f("<134>1 - - - - - - x\x00\x00\r\n", "x")
	// What is no syslog stays as it is.
	f(combined, combined)
	f(`{"a":1}`, `{"a":1}`)
	f("2026-11-21T17:19:37Z a: b", "2026-11-21T17:19:37Z a: b")
	f("<13", "<13")
	f("<>x", "<>x")
	f("<1234>x", "<1234>x")
	f("<a>x", "<a>x")
	f("", "")
	// Cut off somewhere in the header.
	f("<134>1 2026-11-21T17:19:37Z edge app", "1 2026-11-21T17:19:37Z edge app")
	f(`<134>1 - - - - - [a@1 b="`, `1 - - - - - [a@1 b="`)
	f("<134>1 - - - - - ", "1 - - - - - ")
	f("<134>Nov 21 17:1", "Nov 21 17:1")
	f("<134>", "")
}

// FuzzMessage: a text is always the end of what was sent.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"<134>1 - - - - - - \xef\xbb\xbfx", "<13>Nov 21 17:19:37 edge app[1]: x", `<1>1 - - - - - [a b="\]"] x`, "x\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := message(raw); !bytes.HasSuffix(bytes.TrimRight(raw, "\r\n\x00"), got) {
			t.Fatalf("%q: %q", raw, got)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	raw := []byte(`<190>Nov 21 17:19:37 edge nginx: {"time":"2026-11-21T17:19:37+00:00","method":"GET","uri":"/shop/17?x=1","status":200}`)
	b.ReportAllocs()
	for b.Loop() {
		message(raw)
	}
}
