package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestWhatIsNotKnownEndsInUnknown(t *testing.T) {
	templater := New(Options{})
	wantRoutes(t, templater, map[string]string{
		"/":               "/",
		"/wp-login.php":   "/{unknown}",
		"/a/b/c/d":        "/{unknown}",
		"/4711":           "/{id}",
		"/4711/x/y":       "/{id}/{unknown}",
		"no path at all":  NoRoute,
		"/%2e%2e%2f/etc/": "/{text}/{unknown}",
	})
	learnPaths(templater, "/users/4711/orders", "/about")
	wantRoutes(t, templater, map[string]string{
		"/users/4712/orders":    "/users/{id}/orders",
		"/users/4712":           "/users/{id}",
		"/users/4712/orders/":   "/users/{id}/orders",
		"//users//4712":         "/users/{id}",
		"/users/4712/orders/99": "/users/{id}/orders/{id}",
		"/users/4712/cards/99":  "/users/{id}/{unknown}",
		"/users/jane":           "/users/{unknown}",
		"/about":                "/about",
		"/about/4711/5":         "/about/{id}/{unknown}",
		"/phpmyadmin/index.php": "/{unknown}",
	})
}

func TestOnlyWhatWasServedTeaches(t *testing.T) {
	f := func(r request, teaches bool, bend func(*event.Batch)) {
		t.Helper()
		templater := New(Options{})
		b := batchOf(r)
		if bend != nil {
			bend(b)
		}
		templater.Learn(b)
		if got := templater.Stats().Nodes > 0; got != teaches {
			t.Errorf("%+v teaches: %t, want %t", r, got, teaches)
		}
	}
	with := func(status int64, method string) request {
		return request{method: method, host: "h.example", path: "/path", status: status}
	}
	for _, status := range []int64{101, 200, 204, 206, 302, 303, 304, 307} {
		f(with(status, "GET"), true, nil)
	}
	for _, status := range []int64{0, event.Unknown, 301, 308, 400, 401, 403, 404, 429, 500, 502} {
		f(with(status, "GET"), false, nil)
	}
	f(with(200, "POST"), true, nil)
	f(with(204, "OPTIONS"), false, nil)
	f(request{"GET", "h.example", "*", 200}, false, nil)
	f(with(200, "GET"), false, func(b *event.Batch) { b.Kind = event.Decoy })
	for field, value := range map[event.TextField]string{event.DecisionAction: "divert", event.Route: "/gateway/{says}"} {
		f(with(200, "GET"), false, func(b *event.Batch) {
			b.MapText(field, func(_ int, dst, _ []byte) ([]byte, bool) { return append(dst, value...), true })
		})
	}
}

// names gives words that no shape knows.
func names(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = "name-" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	return words
}

func TestPositionsBecomeVariable(t *testing.T) {
	templater := New(Options{Distinct: 10})
	for i, name := range names(11) {
		learnPaths(templater, "/blog/"+name, "/blog/"+name+"/comments/1", "/img/"+name+".png", "/img/"+name+"/x.css")
		if got, want := routeOf(templater, "/blog/name-aa"), "/blog/name-aa"; i < 10 && got != want {
			t.Fatalf("after %d words the route is %s", i+1, got)
		}
	}
	learnPaths(templater, "/img/logo.svg")
	wantRoutes(t, templater, map[string]string{
		"/blog/name-aa":            "/blog/{slug}",
		"/blog/never-seen":         "/blog/{slug}",
		"/blog/never-seen/x":       "/blog/{slug}/{unknown}",
		"/blog/name-zz/comments":   "/blog/{slug}/comments",
		"/blog/name-zz/comments/7": "/blog/{slug}/comments/{id}",
		"/blog/4711":               "/blog/{id}",
		"/img/other.png":           "/img/{slug}.png",
		"/img/other.PNG":           "/img/{slug}.png",
		"/img/logo.svg":            "/img/logo.svg",
		"/img/other.svg":           "/img/{unknown}",
		"/img/folder/x.css":        "/img/{slug}/x.css",
		"/api":                     "/{unknown}",
	})
}

func TestBusyAndFixedWordsStay(t *testing.T) {
	templater := New(Options{Distinct: 10})
	for _, name := range names(40) {
		learnPaths(templater, "/login", "/checkout", "/checkout/pay", "/api/v1/users", "/api/v2/users")
		learnPaths(templater, "/checkout", "/checkout", "/"+name)
	}
	for i := range 30 {
		learnPaths(templater, fmt.Sprintf("/docs/v%d/intro", i))
	}
	wantRoutes(t, templater, map[string]string{
		"/checkout/pay":   "/checkout/pay",
		"/login":          "/login",
		"/api/v1/users":   "/api/v1/users",
		"/name-aa":        "/{slug}",
		"/else":           "/{slug}",
		"/docs/v3/intro":  "/{slug}/{version}/intro",
		"/docs/v99/intro": "/{slug}/{version}/intro",
	})
}

// A position below words that become one is variable where it was below any.
func TestMergingKeepsWhatIsVariable(t *testing.T) {
	templater := New(Options{Distinct: 5})
	for _, name := range names(6) {
		learnPaths(templater, "/u/aa/posts/"+name)
	}
	for range 100 {
		learnPaths(templater, "/u/bb/posts/busy")
	}
	for _, name := range names(6) {
		learnPaths(templater, "/u/"+name+"/likes")
	}
	wantRoutes(t, templater, map[string]string{
		"/u/aa/posts/name-aa": "/u/{slug}/posts/{slug}",
		"/u/cc/posts/busy":    "/u/{slug}/posts/{slug}",
		"/u/cc/likes":         "/u/{slug}/likes",
		"/u/bb/posts/busy":    "/u/bb/posts/busy", // most of the traffic below /u
	})
}

func TestHostsHaveTreesOfTheirOwn(t *testing.T) {
	templater := New(Options{MaxHosts: 2})
	hosts := []string{"a.example", "b.example", "c.example", "d.example", "192.0.2.1"}
	for _, host := range hosts {
		templater.Learn(batchOf(request{"GET", host, "/of-" + host[:1], 200}))
	}
	f := func(host, path, want string) {
		t.Helper()
		b := batchOf(request{"GET", host, path, 404})
		templater.NewAssigner().Assign(b)
		if got := string(b.Text(event.Route, 0)); got != want {
			t.Errorf("%s%s has the route %s, want %s", host, path, got, want)
		}
	}
	f("a.example", "/of-a", "/of-a")
	f("A.example:443", "/of-a", "/of-a")
	f("a.example", "/of-b", "/{unknown}")
	f("b.example", "/of-b", "/of-b")
	f("c.example", "/of-d", "/of-d") // these share a tree
	f("192.0.2.1", "/of-c", "/of-c")
	if s := templater.Stats(); s.Hosts != 3 || s.RefusedHosts != 2 || s.Nodes != 5 {
		t.Errorf("stats %+v", s)
	}
}

func TestLogsWithoutHostsHaveTreesBySource(t *testing.T) {
	templater := New(Options{})
	templater.Learn(batchOf(request{"GET", "", "/mine", 200}))
	mine, theirs := batchOf(request{"GET", "", "/mine", 404}), batchOf(request{"GET", "", "/mine", 404})
	theirs.Source = "elsewhere"
	a := templater.NewAssigner()
	a.Assign(mine)
	a.Assign(theirs)
	if got := string(mine.Text(event.Route, 0)) + string(theirs.Text(event.Route, 0)); got != "/mine/{unknown}" {
		t.Errorf("routes %s", got)
	}
}

func TestAFullTreeSaysOther(t *testing.T) {
	templater := New(Options{MaxNodes: 4, MaxHostNodes: 4})
	learnPaths(templater, "/a/b/c", "/d", "/e", "/f/g")
	wantRoutes(t, templater, map[string]string{
		"/a/b/c": "/a/b/c", "/d": "/d", "/e": "/{other}", "/f/g": "/{other}", "/4711": "/{id}", "/a/x": "/a/{unknown}",
	})
	if s := templater.Stats(); s.Nodes != 4 || s.RefusedNodes != 2 {
		t.Errorf("stats %+v", s)
	}
	deep := New(Options{})
	learnPaths(deep, strings.Repeat("/x", 40))
	wantRoutes(t, deep, map[string]string{strings.Repeat("/x", 41): strings.Repeat("/x", maxDepth) + "/{other}"})
	long := New(Options{})
	learnPaths(long, strings.Repeat("/"+strings.Repeat("y", 30), 10))
	if got := routeOf(long, strings.Repeat("/"+strings.Repeat("y", 30), 10)); len(got) > maxTemplate+len(unknownTail) {
		t.Errorf("a template of %d bytes", len(got))
	}
}
