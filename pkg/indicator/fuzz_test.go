package indicator

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// fuzz wants of any bytes that they are read without a crash, that the account
// is whole, and that all that was taken can be found.
func fuzz(f *testing.F, fixture string, o Options) {
	data, err := os.ReadFile(filepath.Join("testdata", fixture))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		o.Feed, o.Seen = "fuzz", seen
		l, r := Parse(o, data)
		if r.Taken != l.Len() || len(r.Mistakes) > r.Refused || r.Taken == 0 && r.Broken == nil {
			t.Fatalf("%+v", r)
		}
		s, err := Merge(l)
		if err != nil {
			t.Fatal(err)
		}
		for i := range l.Len() {
			if e := l.At(i); !found(s, e) {
				t.Fatalf("%+v is not found", e)
			}
		}
	})
}

func found(s *Set, e Indicator) bool {
	now := seen
	if e.From.After(now) {
		now = e.From
	}
	switch e.Kind {
	case Address:
		p, err := parsePrefix(e.Value)
		if err != nil {
			return false
		}
		_, ok := s.Addr(p.Addr(), now)
		return ok
	case Domain:
		_, ok := s.Host([]byte(e.Value), now)
		return ok
	case UserAgent:
		_, ok := s.UserAgent([]byte(e.Value), now)
		return ok
	case Fingerprint:
		_, ok := s.Fingerprint([]byte(e.Value), now)
		return ok
	}
	return true
}

func FuzzPlain(f *testing.F) { fuzz(f, "plain.txt", Options{Format: Plain}) }

func FuzzCSV(f *testing.F) {
	fuzz(f, "table.csv", Options{Format: CSV, Table: Table{Columns: map[string]string{"value": "2", "confidence": "4", "labels": "5", "kind": "6", "until": "7"}}})
}

func FuzzSTIX(f *testing.F) { fuzz(f, "bundle.json", Options{Format: STIX}) }

func FuzzMISP(f *testing.F) { fuzz(f, "event.json", Options{Format: MISP}) }

func FuzzCrawlers(f *testing.F) { fuzz(f, "crawlers.json", Options{Format: Crawlers}) }

func FuzzCrowdSec(f *testing.F) { fuzz(f, "decisions.json", Options{Format: CrowdSec}) }

func FuzzSTIXPattern(f *testing.F) {
	f.Add("[ipv4-addr:value = '192.0.2.1' OR network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'[0] LIKE 'a%']")
	f.Add("([a:b IN ('x', 'y')] OR [c:d = t'2026-01-01T00:00:00Z']) REPEATS 5 TIMES")
	f.Fuzz(func(_ *testing.T, pattern string) { _, _ = parseSTIXPattern(pattern) })
}

func FuzzHost(f *testing.F) {
	s, err := NewList("a", Indicator{Kind: Domain, Value: "*.evil.example"}, Indicator{Kind: Address, Value: "192.0.2.0/24"}, Indicator{Kind: URL, Value: "/x"})
	if err != nil {
		f.Fatal(err)
	}
	set, err := Merge(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("http://a.evil.example:80/x?y#z"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		set.Host(text, seen)
		set.Link(text, seen)
		set.URL(text, text, text, seen)
		set.Addr(netip.Addr{}, seen)
	})
}
