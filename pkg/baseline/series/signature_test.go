package series

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestQuerySignatureIsOfTheSetOfKeys(t *testing.T) {
	f := func(a, b string, same bool) {
		t.Helper()
		for seed := range uint64(50) {
			if got := querySignature([]byte(a), seed) == querySignature([]byte(b), seed); got != same {
				t.Errorf("%q and %q are the same: %v", a, b, got)
				return
			}
		}
	}
	f("a=1&b=2", "b=3&a=4", true)
	f("a=1&b=2", "a&b", true)
	f("ids=1&ids=2&ids=3", "ids=9", true)
	f("a=x=y", "a=z", true)
	f("a=1", "b=1", false)
	f("a=1", "a=1&b=1", false)
	f("ab=1", "a=1&b=1", false)
	f("a=1", "a=1&admin=true", false)
	f("", "a=1", false)
	var many, other []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("key%d=%d", i, i))
		other = append([]string{fmt.Sprintf("key%d", i), "key0=1"}, other...)
	}
	f(strings.Join(many, "&"), strings.Join(other, "&"), true)
	f(strings.Join(many, "&"), strings.Join(many[1:], "&"), false)
}

func TestASignatureIsOddWhenTheRouteHardlyEverHadIt(t *testing.T) {
	var d dictionary
	for i := range knownAfter {
		if judged, odd := d.see(uint32(i % 3)); judged || odd {
			t.Fatalf("request %d was judged", i)
		}
	}
	if judged, odd := d.see(7); !judged || !odd {
		t.Error("what is new is not odd")
	}
	if judged, odd := d.see(1); !judged || odd {
		t.Error("what is usual is odd")
	}
	for i := range 20_000 {
		d.see(uint32(i % 3))
	}
	if _, odd := d.see(7); !odd {
		t.Error("one in ten thousand is not odd")
	}
	odds := 0
	for range 200 {
		if _, odd := d.see(7); odd {
			odds++
		}
	}
	if odds < 10 || odds > 30 {
		t.Errorf("odd were %d, until it was usual", odds)
	}
}

func TestDictionariesAreBoundedAndForget(t *testing.T) {
	var d dictionary
	for range 1000 {
		d.see(1)
	}
	for i := range uint32(300_000) {
		d.see(100 + i)
	}
	if len(d.entries) > maxSignatures || d.total >= halvedAt {
		t.Errorf("%d signatures of %d requests", len(d.entries), d.total)
	}
	for range 100_000 {
		d.see(2)
	}
	if _, odd := d.see(1); !odd {
		t.Error("what is long gone is not odd")
	}
}

func TestOddRequestsAreAShareOfTheJudged(t *testing.T) {
	var lines []line
	for i := range 600 {
		lines = append(lines, line{at: time.Duration(i) * time.Millisecond, route: "/a", query: "page=1", headers: "host,accept", contentType: "application/json; charset=utf-8"})
	}
	lines = append(lines,
		line{at: time.Second, route: "/a", query: "page=1&debug=1", headers: "host,accept", contentType: "application/json"},
		line{at: time.Second, route: "/a", query: "page=1", headers: "host,accept", contentType: "text/xml", status: 500},
		line{at: time.Second, route: "/a", query: "page=2", headers: "accept,host", contentType: "application/json"},
	)
	r := closed(t, nil, lines...).of(t, 0).row(t, "route GET /a")
	for m, odd := range map[Measure]float64{OddQueries: 1, OddHeaders: 2, OddFormats: 1} {
		if r.Weights[m] != 103 || r.Values[m] != odd/103 {
			t.Errorf("%s: %v of %v", m, r.Values[m], r.Weights[m])
		}
	}
}

func TestObjectSegments(t *testing.T) {
	f := func(route, path, object string) {
		t.Helper()
		l := &lane{}
		l.from, l.to = objectSegments(route, path)
		if got := string(l.object([]byte(path))); got != object {
			t.Errorf("%s of %s names %q, want %q", path, route, got, object)
		}
	}
	f("/users/{id}", "/users/42", "42")
	f("/users/{id}/", "/users/42/", "42")
	f("/users/{id}/orders/{order}", "/users/42/orders/7", "42/orders/7")
	f("/users/{id}/orders", "/users/42/orders", "42")
	f("/files/{id}.json", "/files/7.json", "7.json")
	f("/users/{id}", "/api/v1/users/42", "42") // the gateway tells it without its base
	f("/users/{id}/{unknown}", "/users/42/a/b/c", "42")
	f("/{slug}/x", "/y/x", "y")
	f("/users", "/users", "")
	f("/{unknown}", "/whatever", "")
	f("{other}", "/a/b", "")
	f("/users/{id}", "/users", "")
	f("/users/{id}/x/{y}", "/users/1", "1")
	f("", "", "")
}
