package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// specOf makes a document of paths, each with GET.
func specOf(t testing.TB, title, server string, paths ...string) *Spec {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.0.0\ninfo: {title: %s}\nservers: [{url: '%s'}]\npaths:\n", title, server)
	for _, path := range paths {
		fmt.Fprintf(&b, "  '%s': {get: {operationId: 'of %s', tags: [%s]}}\n", path, path, title)
	}
	return mustLoad(t, title+".yaml", b.String())
}

func TestMatchTakesTheMostConcrete(t *testing.T) {
	specs := NewSpecs(specOf(t, "pets", "/v1", "/", "/users", "/users/{id}", "/users/me", "/users/{id}/orders",
		"/users/me/cards", "/docs/", "/docs", "/report.{format}", "/report.v{n}.{format}", "/{a}:{b}", "/x/{a}-{b}/y",
		"/café/{name}", "/a%2Fb", "/files/{name}.tar.gz", "/files/{name}"))
	f := func(path, want string) {
		t.Helper()
		got := ""
		if m, ok := specs.Match([]byte("GET"), nil, []byte(path)); ok {
			got = strings.TrimPrefix(m.Template, "/v1")
		}
		if got != want {
			t.Errorf("%s is matched by %q, want %q", path, got, want)
		}
	}
	f("/v1/", "/")
	f("/v1", "/")
	f("/v1/users", "/users")
	f("/v1/users/", "/users")
	f("//v1//users", "/users")
	f("/v1/users/4711", "/users/{id}")
	f("/v1/users/me", "/users/me")
	f("/v1/users/m%65", "/users/me")
	f("/v1/users/me/orders", "/users/{id}/orders") // "me" leads nowhere
	f("/v1/users/me/cards", "/users/me/cards")
	f("/v1/users/a%2Fb/orders", "/users/{id}/orders")
	f("/v1/docs", "/docs")
	f("/v1/docs/", "/docs/")
	f("/v1/report.json", "/report.{format}")
	f("/v1/report.v2.json", "/report.v{n}.{format}")
	f("/v1/report.", "")
	f("/v1/x:y", "/{a}:{b}")
	f("/v1/x%3ay", "/{a}:{b}")
	f("/v1/:y", "")
	f("/v1/x/1-2/y", "/x/{a}-{b}/y")
	f("/v1/x/1-/y", "")
	f("/v1/caf%C3%A9/x", "/café/{name}")
	f("/v1/café/x", "/café/{name}")
	f("/v1/a%2fb", "/a%2Fb")
	f("/v1/a/b", "")
	f("/v1/files/x.tar.gz", "/files/{name}.tar.gz")
	f("/v1/files/x.zip", "/files/{name}")
	f("/v1/files/"+strings.Repeat("%41", 200), "/files/{name}")
	f("/v2/users", "")
	f("users", "")
	f("", "")
}

func TestMatchTellsTheOperation(t *testing.T) {
	specs := NewSpecs(mustLoad(t, "shop.yaml", shopYAML))
	f := func(method, host, path string, want Match) {
		t.Helper()
		m, ok := specs.Match([]byte(method), []byte(host), []byte(path))
		if !ok || *m != want {
			t.Errorf("%s %s%s: %+v, %t, want %+v", method, host, path, m, ok, want)
		}
	}
	const api, template = "shop-api-v1", "/v1/orders/{order}"
	tags := "orders,reading writing"
	f("GET", "", "/v1/orders/1", Match{template, api, tags, "getOrder", true})
	f("DELETE", "SHOP.example.com:443", "/v1/orders/1", Match{template, api, "", "dropOrder", true})
	f("PUT", "shop.example.com", "/v1/orders/1", Match{Template: template, API: api})
	f("GET", "acme.example.net", "/live/orders/1", Match{"/live/orders/{order}", api, tags, "getOrder", true})
	f("GET", "any.where", "/dev/orders/1", Match{"/dev/orders/{order}", api, tags, "getOrder", true})
	for _, host := range []string{"other.example.com", ".example.net", strings.Repeat("x", 300)} {
		if m, ok := specs.Match([]byte("GET"), []byte(host), []byte("/v1/orders/1")); ok {
			t.Errorf("the host %.30q is matched by %+v", host, m)
		}
	}
}

func TestTheFirstDocumentHasAPath(t *testing.T) {
	specs := NewSpecs(specOf(t, "one", "/", "/a/{x}"), specOf(t, "two", "/", "/a/{y}", "/b"),
		specOf(t, "named", "https://n.example", "/b"))
	f := func(host, path, want string) {
		t.Helper()
		if m, ok := specs.Match([]byte("GET"), []byte(host), []byte(path)); !ok || m.API != want {
			t.Errorf("%s%s belongs to %+v, want %s", host, path, m, want)
		}
	}
	f("", "/a/1", "one")
	f("h.example", "/b", "two")
	f("n.example", "/b", "named")
	if NewSpecs().Empty() == specs.Empty() {
		t.Error("no documents are not told from some")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	specs := NewSpecs(mustLoad(t, "shop.yaml", shopYAML))
	method, path := []byte("GET"), []byte("/live/orders/caf%C3%A9")
	for _, host := range []string{"", "Acme.example.net:443", "nobody"} {
		h := []byte(host)
		if n := testing.AllocsPerRun(100, func() { specs.Match(method, h, path) }); n != 0 {
			t.Errorf("%v allocations with the host %q", n, host)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	var paths []string
	for i := range 200 {
		paths = append(paths, fmt.Sprintf("/things%d", i), fmt.Sprintf("/things%d/{id}", i), fmt.Sprintf("/things%d/{id}/parts/{part}", i))
	}
	specs := NewSpecs(specOf(b, "things", "https://api.example.com/v1", paths...))
	method, path := []byte("GET"), []byte("/v1/things77/4711/parts/12")
	for name, host := range map[string]string{"host": "api.example.com", "no host": ""} {
		h := []byte(host)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := specs.Match(method, h, path); !ok {
					b.Fatal("no match")
				}
			}
		})
	}
}
