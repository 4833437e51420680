package accesslog

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestQuoteIsASearch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		data := make([]byte, random.IntN(80))
		for i := range data {
			data[i] = "\x00!\"#\xa2\xff"[random.IntN(6)]
			if random.IntN(3) > 0 {
				data[i] = 'x'
			}
		}
		at := random.IntN(len(data) + 1)
		want := bytes.IndexByte(data[at:], '"')
		if want >= 0 {
			want += at
		}
		if got := quote(data, at); got != want && (got >= 0 || want >= 0) {
			t.Fatalf("%q from %d: %d, want %d", data, at, got, want)
		}
	}
}

func TestSkip(t *testing.T) {
	f := func(in, rest string, want Reason) {
		t.Helper()
		s := scanner{data: []byte(in)}
		if got := s.skip(); got != want || got == Parsed && in[s.at:] != rest {
			t.Errorf("%s: %q, rest %q", in, got, in[s.at:])
		}
	}
	f(`1,`, `,`, Parsed)
	f(`"a\"b"]`, `]`, Parsed)
	f(`{"a":[1,"]}",{"b":{}}]},7`, `,7`, Parsed)
	f(`[] `, ` `, Parsed)
	f(`true}`, `}`, Parsed)
	f(`[[`, ``, BrokenJSON)
	f(`{"a`, ``, BrokenJSON)
	f(`,`, ``, BrokenJSON)
	f(``, ``, BrokenJSON)
}

// All of a list is passed over at once: it is read once, however long it is.
func TestStrays(t *testing.T) {
	f := func(in, rest string) {
		t.Helper()
		s := scanner{data: []byte(in)}
		if any := s.strays(); in[s.at:] != rest || any != (len(rest) < len(in)) {
			t.Errorf("%.20q: stopped at %q, %v", in, in[s.at:], any)
		}
	}
	f(``, ``)
	f(`"next":1`, `"next":1`)
	f(`}`, `}`)
	f(`0.2, -, 3 : 4 , "next":1`, ` , "next":1`)
	f(`1,,2`, `,,2`)
	f(strings.Repeat(":1", 20_000)+`}`, `}`)
}
