package metric

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		at, err := time.Parse(time.RFC3339Nano, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseTime([]byte(text)); !ok || got != at.UnixNano() {
			t.Errorf("%q: %v %v, want %s", text, time.Unix(0, got).UTC(), ok, want)
		}
	}
	f("2026-08-01", "2026-08-01T00:00:00Z")
	f("2026/08/01", "2026-08-01T00:00:00Z")
	f(" 2026-08-01 12:30 ", "2026-08-01T12:30:00Z")
	f("2026-08-01 12:30:45", "2026-08-01T12:30:45Z")
	f("2026-08-01T12:30:45", "2026-08-01T12:30:45Z")
	f("2026-08-01T12:30:45Z", "2026-08-01T12:30:45Z")
	f("2026-08-01t12:30:45z", "2026-08-01T12:30:45Z")
	f("2026-08-01 12:30:45 UTC", "2026-08-01T12:30:45Z")
	f("2026-08-01 12:30:45.000000", "2026-08-01T12:30:45Z")
	f("2026-08-01T12:30:45,123456789Z", "2026-08-01T12:30:45.123456789Z")
	f("2026-08-01T12:30:45.5+02:00", "2026-08-01T12:30:45.5+02:00")
	f("2026-08-01 12:30:45 -0730", "2026-08-01T12:30:45-07:30")
	f("2026-08-01 12:30+01", "2026-08-01T12:30:00+01:00")
	f("2028-02-29", "2028-02-29T00:00:00Z")
	f("1969-12-31 23:59:59", "1969-12-31T23:59:59Z")
	f("2026-08-01 24:00:00", "2026-08-02T00:00:00Z")
	f("1785587445", "2026-08-01T12:30:45Z")
	f("1785587445.25", "2026-08-01T12:30:45.25Z")
	f("1.785587445e9", "2026-08-01T12:30:45Z")
	f("1785587445123", "2026-08-01T12:30:45.123Z")
	f("1785587445123456", "2026-08-01T12:30:45.123456Z")
	f("1785587445123456789", "2026-08-01T12:30:45.123456789Z")
	f("0", "1970-01-01T00:00:00Z")
	f("-1", "1969-12-31T23:59:59Z")
	f("1421", "1970-01-01T00:23:41Z")
}

func TestParseTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "soon", "NaN", "inf", "1e300", "08/01/2026", "2026-8-1", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "2026-08-00",
		"2026-08-01T", "2026-08-01T12", "2026-08-01T12:60", "2026-08-01T25:00", "2026-08-01T12:30:61", "2026-08-01 12:30:45 Berlin", "2026-08-01x12:30",
		"2026-08-01T12:30+2", "2026-08-01T12:30+25:00", "9999-01-01", "0001-01-01", "20a6-08-01", "2026-08-01 12:30:4",
	} {
		if ns, ok := ParseTime([]byte(text)); ok {
			t.Errorf("%q is %v", text, time.Unix(0, ns).UTC())
		}
	}
}

// TestParseTimeAgreesWithTheStandardLibrary on any time there is.
func TestParseTimeAgreesWithTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		at := time.Unix(0, random.Int64()-1<<62).In(time.FixedZone("", (random.IntN(48)-24)*1800))
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700"} {
			text := at.Format(layout)
			if got, ok := ParseTime([]byte(text)); !ok || got != at.UnixNano() {
				t.Fatalf("%s: %v %v", text, time.Unix(0, got).UTC(), ok)
			}
		}
	}
}
