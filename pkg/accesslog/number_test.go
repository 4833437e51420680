package accesslog

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

func TestDecimal(t *testing.T) {
	f := func(in string, scale int, want int64) {
		t.Helper()
		if got, ok := decimal([]byte(in), scale); !ok || got != want {
			t.Errorf("%s at %d came out as %d, %v, want %d", in, scale, got, ok, want)
		}
	}
	f("0", 9, 0)
	f("12", 0, 12)
	f("1.001", 9, 1_001_000_000)
	f("0.000000001", 9, 1)
	f("0.0000000019", 9, 1)
	f("-2.5", 3, -2500)
	f("+7", 0, 7)
	f("1e3", 0, 1000)
	f("1.5E-2", 9, 15_000_000)
	f("1646861401.5241024", 9, 1646861401524102400)
	f("0.123456789012345678901234567890", 9, 123456789)
	f("12.", 0, 12)
	f(".5", 3, 500)
	for _, bad := range []string{"", "-", ".", "x", "1x", "1e", "1e999", "0x10", "99999999999999999999999", "1e30", "1.2.3"} {
		if n, ok := decimal([]byte(bad), 9); ok {
			t.Errorf("%q was taken as %d", bad, n)
		}
	}
}

func TestDurationLists(t *testing.T) {
	f := func(in string, want int64, known bool) {
		t.Helper()
		if got, ok := duration([]byte(in), 9); ok != known || got != want {
			t.Errorf("%q came out as %d, %v, want %d, %v", in, got, ok, want, known)
		}
	}
	f("0.5", 500_000_000, true)
	f("0.1, 0.2 : 0.3", 600_000_000, true)
	f("-, 0.2", 200_000_000, true)
	f("-", 0, false)
	f("-1", 0, false)
	f("", 0, false)
}

func TestTimesAgreeWithTheStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		zone := time.FixedZone("", (r.IntN(28)-14)*3600+r.IntN(4)*900)
		want := time.Unix(r.Int64N(4_000_000_000)-500_000_000, r.Int64N(1e9)).In(zone)
		if got, ok := clfTime([]byte(want.Format("02/Jan/2006:15:04:05 -0700"))); !ok || got != want.Truncate(time.Second).UnixNano() {
			t.Fatalf("%v came out as %v, %v", want, time.Unix(0, got), ok)
		}
		text := want.Format(time.RFC3339Nano)
		if got, zoned, ok := rfc3339Time([]byte(text)); !ok || !zoned || got != want.UnixNano() {
			t.Fatalf("%s came out as %v, %v", text, time.Unix(0, got), ok)
		}
	}
}

// A time that does not fit into nanoseconds must not come out as a credible one.
func TestTimesFarOff(t *testing.T) {
	f := func(year string, early bool) {
		t.Helper()
		clf, fine := clfTime([]byte("12/Dec/" + year + ":16:53:29 +0000"))
		rfc, _, ok := rfc3339Time([]byte(year + "-12-12T16:53:29Z"))
		laid, _, read := layoutTime("%F", []byte(year+"-12-12"))
		for _, ns := range []int64{clf, rfc, laid} {
			if at := time.Unix(0, ns).Year(); !fine || !ok || !read || early != (at < 1700) || !early && at < 2200 {
				t.Errorf("%s came out as %d", year, at)
			}
		}
	}
	f("0001", true)
	f("1400", true)
	f("2600", false)
	f("9999", false)
	if ns, _, ok := layoutTime("%s", []byte("19999999999")); !ok || time.Unix(0, ns).Year() < 2200 {
		t.Errorf("%d", ns)
	}
}

func TestAddressesAgreeWithTheStandardLibrary(t *testing.T) {
	for _, in := range []string{
		"0.0.0.0", "255.255.255.255", "1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", "1.2.3.", ".1.2.3",
		"::", "::1", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "::ffff:1.2.3.4", "12345::", "g::", ":", "1.2.3.4a",
	} {
		want, err := netip.ParseAddr(in)
		got, ok := parseAddr([]byte(in))
		if ok != (err == nil) || ok && got != want.Unmap() {
			t.Errorf("%s came out as %v, %v, want %v, %v", in, got, ok, want, err)
		}
	}
	for in, want := range map[string]string{"1.2.3.4:80": "1.2.3.4", "[::1]:80": "::1", "[::1]": "::1", "fe80::1%eth0": "fe80::1"} {
		if got, ok := parseAddr([]byte(in)); !ok || got.String() != want {
			t.Errorf("%s came out as %v, %v", in, got, ok)
		}
	}
	for _, bad := range []string{"", "-", "unknown", "[::1", "[::1]x", "host:80", "1.2.3.4:80:90", "%eth0"} {
		if got, ok := parseAddr([]byte(bad)); ok {
			t.Errorf("%q was taken as %v", bad, got)
		}
	}
}
