package indicator

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"
)

func list(t testing.TB, feed string, indicators ...Indicator) *List {
	t.Helper()
	l, err := NewList(feed, indicators...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func merge(t testing.TB, lists ...*List) *Set {
	t.Helper()
	s, err := Merge(lists...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said writes a match in short.
func said(m Match, ok bool) string {
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%s %s %d of %d", m.Indicator().Value, m.Feed(), m.Confidence(), m.Feeds())
}

func TestAddr(t *testing.T) {
	s := merge(t,
		list(t, "a",
			Indicator{Kind: Address, Value: "192.0.2.7", Confidence: 50},
			Indicator{Kind: Address, Value: "192.0.2.0/24", Confidence: 50},
			Indicator{Kind: Address, Value: "198.51.100.1", Confidence: 90, Until: seen},
			Indicator{Kind: Address, Value: "198.51.100.2", Confidence: 90, From: seen.Add(time.Hour)},
			Indicator{Kind: Address, Value: "2001:db8::/32", Confidence: 10}),
		list(t, "b",
			Indicator{Kind: Address, Value: "192.0.2.7", Confidence: 50},
			Indicator{Kind: Address, Value: "192.0.2.0/25", Confidence: 80},
			Indicator{Kind: Address, Value: "198.51.100.0/24", Confidence: 20, Until: seen.Add(time.Minute)}))
	f := func(address, want string) {
		t.Helper()
		if got := said(s.Addr(netip.MustParseAddr(address), seen)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	f("192.0.2.7", "192.0.2.0/25 b 80 of 2")
	f("::ffff:192.0.2.7", "192.0.2.0/25 b 80 of 2")
	f("192.0.2.200", "192.0.2.0/24 a 50 of 1")
	f("198.51.100.1", "198.51.100.0/24 b 20 of 1")
	f("198.51.100.2", "198.51.100.0/24 b 20 of 1")
	f("2001:db8::1%eth0", "2001:db8::/32 a 10 of 1")
	f("203.0.113.1", "none")
	if got := said(s.Addr(netip.MustParseAddr("198.51.100.1"), seen.Add(-time.Second))); got != "198.51.100.1 a 90 of 2" {
		t.Errorf("a second earlier: %s", got)
	}
	m, _ := s.Addr(netip.MustParseAddr("192.0.2.7"), seen)
	var all []string
	for i := range m.All() {
		all = append(all, i.Feed+" "+i.Value)
	}
	if want := []string{"a 192.0.2.7", "b 192.0.2.7", "b 192.0.2.0/25", "a 192.0.2.0/24"}; !slices.Equal(all, want) {
		t.Errorf("all are %q, want %q", all, want)
	}
	if _, ok := s.Addr(netip.Addr{}, seen); ok {
		t.Error("no address at all was found")
	}
}

func TestNilSetIsEmpty(t *testing.T) {
	var s *Set
	_, a := s.Addr(netip.MustParseAddr("192.0.2.7"), seen)
	_, b := s.Host([]byte("evil.example"), seen)
	_, c := s.URL([]byte("evil.example"), []byte("/"), nil, seen)
	_, d := s.UserAgent([]byte("x"), seen)
	_, e := s.Fingerprint([]byte("x"), seen)
	_, f := s.Link([]byte("http://evil.example/"), seen)
	_, g := s.Agents().Find([]byte("x"), seen)
	if a || b || c || d || e || f || g || s.Len() != 0 || s.Has(Address) {
		t.Error("a nil set knows something")
	}
}

func TestHost(t *testing.T) {
	s := merge(t, list(t, "a",
		Indicator{Kind: Domain, Value: "evil.example", Confidence: 50},
		Indicator{Kind: Domain, Value: "*.wild.example", Confidence: 60},
		Indicator{Kind: Domain, Value: "deep.wild.example", Confidence: 10},
		Indicator{Kind: Address, Value: "192.0.2.7", Confidence: 70},
		Indicator{Kind: Address, Value: "2001:db8::7", Confidence: 70}))
	f := func(host, want string) {
		t.Helper()
		if got := said(s.Host([]byte(host), seen)); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	f("evil.example", "evil.example a 50 of 1")
	f("EVIL.Example.", "evil.example a 50 of 1")
	f("evil.example:8443", "evil.example a 50 of 1")
	f("www.evil.example", "none")
	f("wild.example", "wild.example a 60 of 1")
	f("a.b.wild.example:80", "wild.example a 60 of 1")
	f("deep.wild.example", "deep.wild.example a 10 of 1")
	f("x.deep.wild.example", "wild.example a 60 of 1")
	f("notwild.example", "none")
	f("192.0.2.7:80", "192.0.2.7 a 70 of 1")
	f("[2001:db8::7]:443", "2001:db8::7 a 70 of 1")
	f("", "none")
	f("example", "none")
	f(".", "none")
}

func TestURL(t *testing.T) {
	s := merge(t, list(t, "a",
		Indicator{Kind: URL, Value: "https://evil.example/gate", Confidence: 50},
		Indicator{Kind: URL, Value: "http://evil.example:80/gate?id=7", Confidence: 60},
		Indicator{Kind: URL, Value: "http://evil.example:8080/", Confidence: 60},
		Indicator{Kind: URL, Value: "/shell.php", Confidence: 40},
		Indicator{Kind: Domain, Value: "bad.example", Confidence: 30}))
	f := func(host, path, query, want string) {
		t.Helper()
		if got := said(s.URL([]byte(host), []byte(path), []byte(query), seen)); got != want {
			t.Errorf("%s %s %s: %s, want %s", host, path, query, got, want)
		}
	}
	f("evil.example", "/gate", "", "evil.example/gate a 50 of 1")
	f("Evil.Example:443", "/gate", "id=8", "evil.example/gate a 50 of 1")
	f("evil.example", "/gate", "id=7", "evil.example/gate?id=7 a 60 of 1")
	f("evil.example", "/gat", "", "none")
	f("evil.example", "/", "", "none")
	f("evil.example:8080", "/", "", "evil.example:8080/ a 60 of 1")
	f("ours.example", "/shell.php", "x=1", "/shell.php a 40 of 1")
	f("", "/shell.php", "", "/shell.php a 40 of 1")
	g := func(link, want string) {
		t.Helper()
		if got := said(s.Link([]byte(link), seen)); got != want {
			t.Errorf("%s: %s, want %s", link, got, want)
		}
	}
	g("http://evil.example/gate#x", "evil.example/gate a 50 of 1")
	g("https://user@bad.example?x", "bad.example a 30 of 1")
	g("https://bad.example", "bad.example a 30 of 1")
	g("bad.example", "none")
	g("://", "none")
}

func TestFingerprint(t *testing.T) {
	s := merge(t, list(t, "a", Indicator{Kind: Fingerprint, Value: "E7D705A3286E19EA42F587B344EE6865", Confidence: 50}))
	if got := said(s.Fingerprint([]byte("e7d705a3286e19ea42F587b344ee6865"), seen)); got != "e7d705a3286e19ea42f587b344ee6865 a 50 of 1" {
		t.Error(got)
	}
	if got := said(s.Fingerprint([]byte("771,4865-4866"), seen)); got != "none" {
		t.Error(got)
	}
}

func TestTooManyFeeds(t *testing.T) {
	lists := make([]*List, maxLists+1)
	for i := range lists {
		lists[i] = list(t, "x")
	}
	if _, err := Merge(lists...); err == nil {
		t.Error("more feeds than references can tell apart were merged")
	}
	merge(t, lists[:maxLists]...)
}

// naive answers as a Set does, by looking at everything.
func naive(lists []*List, a netip.Addr, now time.Time) string {
	best, most, specific := Indicator{}, -1, -1
	feeds := map[string]bool{}
	for _, l := range lists {
		for i := range l.Len() {
			e := l.At(i)
			p, err := parsePrefix(e.Value)
			if err != nil || !p.Contains(a) || e.From.After(now) || !e.Until.IsZero() && !now.Before(e.Until) {
				continue
			}
			feeds[l.Feed()] = true
			if e.Confidence > most || e.Confidence == most && p.Bits() > specific {
				best, most, specific = e, e.Confidence, p.Bits()
			}
		}
	}
	if most < 0 {
		return "none"
	}
	return fmt.Sprintf("%s %s %d of %d", best.Value, best.Feed, best.Confidence, len(feeds))
}

// randomAddr draws from a small space, so that much overlaps.
func randomAddr(r *rand.Rand) netip.Addr {
	if r.IntN(4) == 0 {
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(r.IntN(2)), byte(r.IntN(4)), 15: byte(r.IntN(4))})
	}
	return netip.AddrFrom4([4]byte{192, byte(r.IntN(2)), byte(r.IntN(4)), byte(r.IntN(8))})
}

func TestSetIsLikeANaiveOne(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var lists []*List
		for n := range 1 + r.IntN(5) {
			var indicators []Indicator
			for range r.IntN(40) {
				a := randomAddr(r)
				bits := a.BitLen()
				if r.IntN(2) == 0 {
					bits -= r.IntN(24)
				}
				i := Indicator{Kind: Address, Value: netip.PrefixFrom(a, bits).Masked().String(), Confidence: r.IntN(4)}
				if r.IntN(3) == 0 {
					i.Until = seen.Add(time.Duration(r.IntN(5)-2) * time.Second)
				}
				if r.IntN(4) == 0 {
					i.From = seen.Add(time.Duration(r.IntN(5)-2) * time.Second)
				}
				indicators = append(indicators, i)
			}
			lists = append(lists, list(t, string(rune('a'+n)), indicators...))
		}
		s := merge(t, lists...)
		for range 200 {
			a := randomAddr(r)
			if got, want := said(s.Addr(a, seen)), naive(lists, a, seen); got != want {
				t.Fatalf("seed %d: %s: %s, want %s", seed, a, got, want)
			}
		}
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	s := merge(t, list(t, "a",
		Indicator{Kind: Address, Value: "192.0.2.7"}, Indicator{Kind: Address, Value: "198.51.100.0/24"},
		Indicator{Kind: Domain, Value: "*.evil.example"}, Indicator{Kind: URL, Value: "http://evil.example/x?y=1"}, Indicator{Kind: URL, Value: "/shell.php"},
		Indicator{Kind: UserAgent, Value: "Evil/1"}, Indicator{Kind: UserAgentPattern, Value: "scanbot"}, Indicator{Kind: UserAgentPattern, Value: "[pP]robe/[0-9]"},
		Indicator{Kind: Fingerprint, Value: "e7d705a3286e19ea42f587b344ee6865"}))
	agents := s.Agents()
	one, two := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("198.51.100.9")
	host, path, query := []byte("A.Evil.Example:8080"), []byte("/x"), []byte("y=1")
	agent, scanner := []byte("Mozilla/5.0 (X11; Linux x86_64)"), []byte("a scanbot of some sort, Probe/7")
	n := testing.AllocsPerRun(100, func() {
		s.Addr(one, seen)
		s.Addr(two, seen)
		s.Host(host, seen)
		s.URL(host, path, query, seen)
		s.Link([]byte("https://a.evil.example/x"), seen)
		agents.Find(agent, seen)
		agents.Find(scanner, seen)
		s.Fingerprint(scanner, seen)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func million(b testing.TB) (*Set, []netip.Addr) {
	r := rand.New(rand.NewPCG(1, 2))
	builder := newBuilder("million")
	addresses := make([]netip.Addr, 0, 1<<16)
	for i := range 1_000_000 {
		a := netip.AddrFrom4([4]byte{byte(1 + r.IntN(220)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
		if i%10 == 0 {
			a = netip.AddrFrom16([16]byte{0x2a, byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), 15: byte(r.IntN(256))})
		}
		bits := a.BitLen()
		if i%20 == 1 {
			bits -= 8
		}
		if _, err := builder.add(&Indicator{Confidence: 50}, prefixKey(netip.PrefixFrom(a, bits).Masked())); err != nil {
			b.Fatal(err)
		}
		if len(addresses) < cap(addresses) {
			addresses = append(addresses, a)
		}
	}
	return merge(b, builder.done()), addresses
}

func TestAMillionIsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, addresses := million(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 200<<20 {
		t.Errorf("%d indicators take %d MB", s.Len(), used>>20)
	} else {
		t.Logf("%d indicators take %d MB", s.Len(), used>>20)
	}
	for _, a := range addresses[:1000] {
		if _, ok := s.Addr(a, seen); !ok {
			t.Fatalf("%s is not found", a)
		}
	}
}

// BenchmarkAddr looks up addresses that come again, as clients do, and ones
// that hardly ever do, which is what memory far from the processor costs.
func BenchmarkAddr(b *testing.B) {
	s, known := million(b)
	r := rand.New(rand.NewPCG(3, 4))
	unknown := make([]netip.Addr, len(known))
	for i := range unknown {
		unknown[i] = netip.AddrFrom4([4]byte{byte(1 + r.IntN(220)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
	}
	f := func(name string, addresses []netip.Addr) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Addr(addresses[i%len(addresses)], seen)
				i++
			}
		})
	}
	f("known", known[:1000])
	f("unknown", unknown[:1000])
	f("known/cold", known)
	f("unknown/cold", unknown)
}

func BenchmarkMerge(b *testing.B) {
	s, _ := million(b)
	for b.Loop() {
		merge(b, s.lists...)
	}
}
