package accesslog

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// FuzzReader feeds any bytes to the formats, in two cuts: no crash, the same
// rows however the bytes are cut, every line accounted for, text always UTF-8.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{sample, jsonSample, "\x00\x00" + sample, sample + "\r\n\n" + sample, `{"a":[{"b":"\ud83d"}]`, `"] "[`} {
		f.Add([]byte(seed+"\n"), 7)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		for _, format := range []string{"combined", "json"} {
			sameRows(t, format, data, cut)
		}
	})
}

// sameRows reads a text whole and in two parts, and compares.
func sameRows(t *testing.T, format string, data []byte, cut int) {
	whole, parts := read(t, format, data, len(data)), read(t, format, data, cut)
	if whole.Rows() != parts.Rows() || len(whole.Rejected) != len(parts.Rejected) {
		t.Fatalf("%s: %d rows and %d rejected, in parts %d and %d", format, whole.Rows(), len(whole.Rejected), parts.Rows(), len(parts.Rejected))
	}
	if lines := bytes.Count(data, []byte("\n")); whole.Rows()+len(whole.Rejected) > lines {
		t.Fatalf("%s: more records than lines", format)
	}
	for row := range whole.Rows() {
		if render(whole, row) != render(parts, row) {
			t.Fatalf("%s: row %d differs: %s", format, row, render(parts, row))
		}
		for _, field := range event.TextFields() {
			if !utf8.Valid(whole.Text(field, row)) {
				t.Fatalf("%s: %s is not UTF-8", format, field)
			}
		}
	}
}

func read(t *testing.T, format string, data []byte, cut int) *event.Batch {
	r, err := NewReader(Options{Format: format, Trusted: trust, MaxRows: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Header: event.Header{Received: received}}
	at := event.Position{Line: 1}
	if cut > 0 && cut < len(data) {
		at = r.ReadChunk(data[:cut], at, b)
	}
	r.ReadChunk(data[at.Offset:], at, b)
	return b
}

// FuzzAddress compares with the standard library's parser.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"192.0.2.1", "::ffff:192.0.2.1", "[::1]:80", "1.2.3.4:5", "fe80::1%1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := parseAddr([]byte(in))
		want, err := netip.ParseAddr(in)
		if err == nil && len(in) <= 64 && (!ok || got != want.Unmap().WithZone("")) {
			t.Fatalf("%q came out as %v, %v, want %v", in, got, ok, want)
		}
		if ok && got.Zone() != "" {
			t.Fatalf("%q kept its zone", in)
		}
	})
}

// FuzzJSON takes what the standard library calls an object: its string must
// come out the same.
func FuzzJSON(f *testing.F) {
	f.Add(`{"method":"GET","user_agent":"a\"b\\cA"}`)
	f.Add(`{"x":[[],{}],"user_agent":"\ud83d\ude00","method":"PUT"}`)
	f.Fuzz(func(t *testing.T, in string) {
		var object map[string]json.RawMessage
		var agent, method string
		if !utf8.ValidString(in) || json.Unmarshal([]byte(in), &object) != nil || object == nil {
			return
		}
		if json.Unmarshal(object["user_agent"], &agent) != nil || json.Unmarshal(object["method"], &method) != nil || method != "GET" || agent == "-" {
			return
		}
		if bytes.Count([]byte(in), []byte(`"user_agent"`)) != 1 || bytes.Count([]byte(in), []byte(`"method"`)) != 1 || bytes.ContainsAny([]byte(in), "\n\x00") {
			return
		}
		b := read(t, "json", []byte(in+"\n"), 0)
		if b.Rows() != 1 || string(b.Text(event.UserAgent, 0)) != agent {
			t.Fatalf("%s: %d rows, agent %q, want %q; %v", in, b.Rows(), b.Text(event.UserAgent, 0), agent, b.Rejected)
		}
	})
}
