package accesslog

import (
	"fmt"
	"strings"
	"testing"
)

func TestNodeFindsEachKey(t *testing.T) {
	root := &node{number: -1}
	for i := range 200 {
		root.child(strings.Repeat(string(rune('a'+i%26)), 1+i/26) + fmt.Sprint(i%7))
	}
	root.child("")
	root.child("ä")
	root.index()
	for _, c := range root.children {
		if got := root.find([]byte(c.key)); got != c {
			t.Errorf("%q: found %v", c.key, got)
		}
		if got := root.find([]byte(c.key + "x")); got != nil {
			t.Errorf("%qx: found %q", c.key, got.key)
		}
	}
}

// preferring makes a parser of two places for a host, and of a URL.
func preferring(t *testing.T, line string) string {
	t.Helper()
	p, err := newJSONDialect(Options{}, jsonDialect{fields: []place{
		{"method", "/m", ""}, {uriKey, "/u", ""},
		{"user", "/first", ""}, {"user", "/second", ""}, {"user", "/third/name", ""},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(Options{Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	r.parser = p
	return readAll(r, line)
}

func TestTheFirstPlaceWithAValueIsTaken(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := preferring(t, `{"m":"GET",`+in+`}`)
		if !strings.Contains(got, " user="+want+" ") {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(`"first":"a","second":"b","third":{"name":"c"}`, "a")
	f(`"third":{"name":"c"},"second":"b","first":"a"`, "a")
	f(`"third":{"name":"c"},"second":"b","first":""`, "b")
	f(`"first":null,"second":"-","third":{"name":"c"}`, "c")
	f(`"first":"-","third":{"name":"c\"d"}`, `c"d`)
	f(`"first":["x","y"],"second":"b"`, "x")
	f(`"first":{"a":1},"second":7`, "7")
}

func TestAURLIsReadAfterTheMethod(t *testing.T) {
	got := preferring(t, `{"u":"h.example:443","m":"CONNECT"}`)
	if !strings.HasPrefix(got, "method=CONNECT host=h.example:443 ") {
		t.Errorf("got %s", got)
	}
}

func TestMappingOverAGatewaysOwn(t *testing.T) {
	own := []place{{"user", "/a", ""}, {"user", "/b", ""}, {"host", "/c", ""}, {"method", "/d", ""}}
	got := fmt.Sprint(Mapping{"user": {Path: "/x"}, "tenant": {Path: "/c"}}.over(own))
	if want := "[{tenant /c } {user /x } {method /d }]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
