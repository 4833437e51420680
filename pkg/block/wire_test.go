package block

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var comparePrefixes = cmp.Options{
	cmp.AllowUnexported(Target{}),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func TestDeltaAsJSON(t *testing.T) {
	f := func(want Delta, text string) {
		t.Helper()
		data, err := json.Marshal(SegmentDelta{Segment: All, Delta: want})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), text) {
			t.Errorf("%s does not hold %s", data, text)
		}
		var got SegmentDelta
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Delta, comparePrefixes); diff != "" {
			t.Error(diff)
		}
	}
	target := AddressTarget(netip.MustParseAddr("192.0.2.7"))
	f(Delta{Revision: 3, Target: target, ID: 7, Left: 1500 * time.Millisecond, Mode: Shadow},
		`{"revision":3,"target":{"scope":"address","value":"192.0.2.7"},"id":"0000000000000007","left_ms":1500,"action":"deny","mode":"shadow"}`)
	f(Delta{Revision: 4, Target: target, ID: 7}, `"mode":"enforce"`)
	f(Delta{Revision: 5, Target: target, Removed: true},
		`{"revision":5,"target":{"scope":"address","value":"192.0.2.7"},"removed":true}`)
}

func TestDeltaOfALaterVersionRefuses(t *testing.T) {
	var d Delta
	err := json.Unmarshal([]byte(`{"revision":1,"target":{"value":"192.0.2.7"},"id":"0000000000000007","left_ms":1,"action":"tarpit"}`), &d)
	if err != nil || d.Action != Deny || d.Mode != Enforce {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDeltaRefuses(t *testing.T) {
	for _, bad := range []string{
		`[]`, `{}`, `{"revision":1}`, `{"revision":1,"target":{"value":"192.0.2.7"}}`,
		`{"revision":1,"target":{"value":"192.0.2.7"},"id":"7"}`,
		`{"revision":1,"target":{"value":"192.0.2.7"},"id":"0000000000000007","left_ms":-1}`,
		`{"revision":1,"target":{"value":"192.0.2.7"},"id":"0000000000000007","left_ms":9223372036854775807}`,
	} {
		var d Delta
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s was taken as %+v", bad, d)
		}
	}
}

func TestHaveRoundTrip(t *testing.T) {
	want := map[string]Version{All: {Revision: 7, Count: 2, Hash: 0xdeadbeef}, "eu": {}}
	text := FormatHave(want)
	if text != "all:7:00000000deadbeef:2,eu:0:0000000000000000:0" {
		t.Errorf("have = %s", text)
	}
	got, err := ParseHave(text)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got, err := ParseHave(""); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if got, err := ParseHave("eu:1:ff"); err != nil || got["eu"] == (Version{Revision: 1, Hash: 255}) {
		t.Errorf("a version without a count is a whole one: %v, %v", got, err)
	}
	for _, bad := range []string{",", "eu", "eu:1", "eu:x:1", "eu:1:xyz", "eu:1:1:x", "e u:1:1", "eu:1:1:1:1", strings.Repeat("eu:1:1,", maxHave) + "eu:1:1"} {
		if _, err := ParseHave(bad); err == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
}
