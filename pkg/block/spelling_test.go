package block

import (
	"strings"
	"testing"
)

// TestRoutes asks with paths as Request has them: pkg/agent has the table of
// what clients may write for them.
func TestRoutes(t *testing.T) {
	f := func(route, request string, blocked, exempt bool) {
		t.Helper()
		method, path, _ := strings.Cut(request, " ")
		target, err := ParseTarget("route:" + route)
		if err != nil {
			t.Fatal(err)
		}
		r := Request{Method: method, Path: path}
		on := func(target Target) bool {
			set := (*Set)(nil).Apply(Delta{Revision: 1, Target: target, ID: 1, Left: 1}, 0)
			found := set.Find(&r, nil, 0).Found
			if got := target.Meets(&r, nil); got != found {
				t.Errorf("%q meets %q: %v, and in a set %v", route, request, got, found)
			}
			return found
		}
		if got := on(target); got != blocked {
			t.Errorf("a block on %q is on %q: %v, want %v", route, request, got, blocked)
		}
		if got := on(target.Exempt()); got != exempt {
			t.Errorf("an exemption on %q is on %q: %v, want %v", route, request, got, exempt)
		}
	}
	f("/login", "POST /login", true, true)
	f("POST /login", "POST /login", true, true)
	f("POST /login", "GET /login", false, false)
	f("/orders/{id}", "GET /orders/7", true, true)
	f("/orders/{id}", "GET /orders/", false, false)
	f("/orders/{id}", "GET /orders/7/items", false, false)
	f("/orders/**", "GET /orders", true, true)
	f("/orders/**", "GET /orders/7/items", true, true)
	f("/orders/**", "GET /ordersx", false, false)
	f("/**", "GET /", true, true)
	f("/**", "GET ", false, false) // not known
	f("/**", "OPTIONS *", false, false)
	f("/", "GET /", true, true)
	f("/", "GET ", false, false)
	f("/", "GET /;x", true, false)

	// A slash at the end.
	f("/login", "POST /login/", true, false)
	f("POST /login", "POST /login/", true, false)
	f("POST /login", "GET /login/", false, false)
	f("/login/", "POST /login", true, false)
	f("/login/", "POST /login/", true, true)
	f("/login/**", "POST /login/", true, true)
	f("/orders/{id}", "GET /orders/7/", true, false)
	f("/orders/{id}/", "GET /orders/7", true, false)
	f("/orders/{id}/", "GET /orders/", false, false)

	// Parameters of segments.
	f("/login", "POST /login;jsessionid=1", true, false)
	f("/login", "POST /login;", true, false)
	f("/login", "POST /login;a=1;b=2/", true, false)
	f("/login", "POST /login/;x", true, false)
	f("/login", "POST /;x/login", true, false)
	f("/login", "POST /loginx;y", false, false)
	f("/login;x", "POST /login;x", true, true) // asked for as it is
	f("/login;x", "POST /login", false, false)
	f("/login/**", "POST /login;x/y", true, false)
	f("/orders/{id}", "GET /orders/7;v=2", true, true) // the id is whatever stands there
	f("/orders/{id}", "GET /orders/;v=2", true, false) // some take that for an id
	f("/orders/{id}/items", "GET /orders;x/7;y/items;z", true, false)

	// Dots behind which a path is another.
	f("/login", "POST /public/..;/login", true, false)
	f("/login", "POST /.;/login", true, false)
	f("/login", "POST /a/b/..;x/..;y=1/login", true, false)
	f("/login", "POST /..;/..;/login", true, false)
	f("/public/**", "POST /public/..;/login", true, false)
	f("/public/**", "GET /public/a;v=1/b.css", true, true)
	f("/public/**", "GET /public/...;x", true, true)

	// A NUL.
	f("/login", "POST /login\x00.html", true, false)
	f("/login", "POST /login/\x00", true, false)
	f("/login/**", "POST /login/a\x00", true, false)
	f("/login", "POST /\x00/login", false, false)
	f("/", "POST /\x00/login", true, false)

	// Letters are what they are.
	f("/login", "POST /LOGIN", false, false)
	f("/Login", "POST /Login/", true, false)
}

func TestSpellingOfOrdinaryPathsTakesNoMemory(t *testing.T) {
	var s spelling
	if n := testing.AllocsPerRun(100, func() { s = spell("/orders/7/items/") }); n != 0 || s.bare != "/orders/7/items" {
		t.Errorf("%v allocations for %q", n, s.bare)
	}
}
