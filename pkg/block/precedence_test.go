package block

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestPrecedence tells for each pair which of two blocks on one request has
// the say: each line stands before all below it.
func TestPrecedence(t *testing.T) {
	const client = "192.0.2.7"
	lines := []string{
		"allow  enforce 192.0.2.7 & user_agent:curl/8",
		"allow  enforce 192.0.0.0/16",
		"drop   enforce 192.0.0.0/16",
		"deny   enforce 192.0.2.7 & user_agent:curl/8 & country:AQ",
		"deny   enforce 192.0.2.7 & user_agent:curl/8",
		"deny   enforce user_agent:curl/8 & country:AQ",
		"deny   enforce 192.0.2.7",
		"deny   enforce 192.0.2.0/24",
		"deny   enforce route:GET /orders/{id}",
		"divert enforce 192.0.2.7",
		"throttle enforce 192.0.2.7",
		"flag   enforce 192.0.2.7",
		"flag   enforce 192.0.2.0/24",
		"allow  shadow  192.0.2.7",
		"drop   shadow  192.0.2.7",
		"deny   mode-9  192.0.2.0/24", // of a later version: enforces nothing
		"flag   shadow  192.0.2.7",
	}
	request := Request{Client: netip.MustParseAddr(client), UserAgent: "curl/8", Country: "AQ", Method: "GET", Path: "/orders/7"}
	for i, first := range lines {
		for j, second := range lines[i+1:] {
			for _, order := range [][2]int{{1, 2}, {2, 1}} {
				a, b := written(t, first, 1), written(t, second, 2)
				if a.Target == b.Target {
					continue
				}
				both := map[int]Delta{1: a, 2: b}
				var set *Set
				for revision, which := range order {
					d := both[which]
					d.Revision = uint64(revision + 1)
					set = set.Apply(d, 0)
				}
				if got := set.Find(&request, nil, 0); got.ID != 1 {
					t.Errorf("%q (line %d) has the say over %q (line %d)", second, i+j+1, first, i)
				}
			}
		}
	}
}

// written reads a line of the table above.
func written(t *testing.T, line string, id ID) Delta {
	t.Helper()
	fields := strings.Fields(line)
	d := Delta{ID: id, Left: time.Minute, Mode: Mode(9)}
	var err error
	if d.Target, err = ParseTarget(strings.Join(fields[2:], " ")); err != nil {
		t.Fatal(err)
	}
	if err := d.Action.UnmarshalText([]byte(fields[0])); err != nil {
		t.Fatal(err)
	}
	if fields[1] != "mode-9" {
		if err := d.Mode.UnmarshalText([]byte(fields[1])); err != nil {
			t.Fatal(err)
		}
	}
	if d.Action == Allow {
		d.Target = d.Target.Exempt()
	}
	return d
}

func TestFlagGoesWithWhatPasses(t *testing.T) {
	f := func(beside string, flagged, denied bool) {
		t.Helper()
		flag, other := written(t, "flag enforce 192.0.2.0/24", 1), written(t, beside, 2)
		flag.Revision, other.Revision = 1, 2
		var set *Set
		d := set.Apply(flag, 0).Apply(other, 0).Find(&Request{Client: netip.MustParseAddr("192.0.2.7")}, nil, 0)
		if d.Flagged() != flagged || d.Denied() != denied {
			t.Errorf("beside %q: %+v", beside, d)
		}
	}
	f("throttle enforce 192.0.2.7", true, false)
	f("deny shadow 192.0.2.7", true, false)
	f("deny enforce 192.0.2.7", false, true)
	f("allow enforce 192.0.2.7", false, false)
	f("allow shadow 192.0.2.7", true, false)
}

func TestCanaryKeepsSides(t *testing.T) {
	in := 0
	for i := range 10_000 {
		a := netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 6: byte(i >> 8), 7: byte(i), 15: 1})
		b := a.As16()
		b[15], b[9] = 9, 7 // another address of the same /64
		share := Share(7, a, "")
		if share != Share(7, netip.AddrFrom16(b), "") || Share(7, a, "alice") != Share(7, netip.AddrFrom16(b), "alice") {
			t.Fatal("a client is on both sides")
		}
		if share < 25 {
			in++
		}
	}
	if in < 2_250 || in > 2_750 {
		t.Errorf("%d of 10,000 clients are in a canary of 25 %%", in)
	}
}

func TestBucketsOfThrottledClients(t *testing.T) {
	var set *Set
	d := written(t, "throttle enforce 2001:db8::/32", 5)
	d.Revision, d.Terms = 1, &Terms{Rate: 1, Each: true}
	set = set.Apply(d, 0)
	bucket := func(client string) Bucket {
		return set.Find(&Request{Client: netip.MustParseAddr(client)}, nil, 0).Bucket
	}
	if bucket("2001:db8::1") != bucket("2001:db8::2:1") || bucket("2001:db8::1") == bucket("2001:db8:0:1::1") {
		t.Error("clients of IPv6 have a bucket a /64")
	}
}

// TestConjunctionsAreFiledByTheirRarestPart holds many conjunctions that share
// a part, and looks at how many a request with that part is held against.
func TestConjunctionsAreFiledByTheirRarestPart(t *testing.T) {
	const many = 5_000
	f := func(shared string, own func(i int) string) {
		t.Helper()
		var set *Set
		for i := range many {
			target, err := ParseTarget(fmt.Sprintf("%s & %s", shared, own(i)))
			if err != nil {
				t.Fatal(err)
			}
			set = set.Apply(Delta{Revision: uint64(i + 1), Target: target, ID: ID(i + 1), Left: time.Minute}, 0)
		}
		most := 0
		for target := range set.Entries() {
			var room [maxDrawers]drawer
			for _, d := range target.drawers(room[:0]) {
				most = max(most, len(set.index.in(d)))
			}
		}
		if most > 1 {
			t.Errorf("%s: a request is held against %d conjunctions at once", shared, most)
		}
	}
	address := func(i int) string { return netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}).String() }
	f("user_agent:curl/8", address)
	f("route:/**", address)
	f("0.0.0.0/0", func(i int) string { return fmt.Sprintf("fingerprint:t%d", i) })
	f("country:AQ", func(i int) string { return fmt.Sprintf("route:/orders/%d/{id}", i) })
	f("country:AQ", func(i int) string {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i)}), 24).String()
	})
}
