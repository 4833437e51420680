package decoy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

const testCatalogue = `
version: 1
responses:
  page: {status: 200, headers: {Content-Type: text/html}, body: hello}
decoys:
  - {id: env, path: /.env, response: page}
  - {id: exact-case, path: /Exact, case_sensitive: true}
  - {id: below, paths: ["/internal/*"]}
  - {id: deeper, paths: ["/internal/secret/*"]}
  - {id: on-host, path: /v2/admin/keys, context: in, hosts: [api.example.com, "*.shop.example"], methods: [GET, POST]}
  - {id: any-host, path: /v2/admin/keys, methods: [DELETE]}
  - {id: whole, paths: ["/*"], hosts: [trap.example.com]}
`

func mustParse(t testing.TB, text string) *Catalogue {
	t.Helper()
	c, err := Parse(Source{Name: "test.yml", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFind(t *testing.T) {
	c := mustParse(t, testCatalogue)
	f := func(host, method, path, want string) {
		t.Helper()
		d, ok := c.Find([]byte(host), []byte(method), []byte(path))
		got := ""
		if ok {
			got = d.ID
		}
		if got != want {
			t.Errorf("Find(%q, %q, %q) = %q, want %q", host, method, path, got, want)
		}
	}
	f("", "GET", "/.env", "env")
	f("h", "", "/.ENV", "env")
	f("h", "GET", "/x/../%2eEnv", "env")
	f("h", "GET", "//.env", "env")
	f("h", "GET", "http://h/.env", "env")
	f("h", "GET", "/.env/", "")
	f("h", "GET", "/.envx", "")
	f("h", "GET", "/", "")
	f("h", "GET", "", "")
	f("h", "GET", "/Exact", "exact-case")
	f("h", "GET", "/exact", "")
	f("h", "GET", "/internal/x", "below")
	f("h", "GET", "/INTERNAL/", "below")
	f("h", "GET", "/internal", "")
	f("h", "GET", "/internal/secret/x", "deeper")
	f("API.example.com:443", "GET", "/v2/admin/keys", "on-host")
	f("api.example.com.", "POST", "/v2/admin/keys", "on-host")
	f("api.example.com", "PUT", "/v2/admin/keys", "")
	f("eu.shop.example", "GET", "/v2/admin/keys", "on-host")
	f("shop.example", "GET", "/v2/admin/keys", "")
	f("evilshop.example", "GET", "/v2/admin/keys", "")
	f("", "GET", "/v2/admin/keys", "")
	f("other", "DELETE", "/v2/admin/keys", "any-host")
	f("trap.example.com", "GET", "/anything/at/all", "whole")
	f("trap.example.com", "GET", "/", "whole")
	f("trap.example.com", "GET", "/.env", "env")
}

func TestNoCatalogueFindsNothing(t *testing.T) {
	var c *Catalogue
	if _, ok := c.Find(nil, nil, []byte("/.env")); ok || c.Version() != "" || c.Decoys() != nil {
		t.Error("a nil catalogue holds something")
	}
	if _, ok := c.ByID("env"); ok {
		t.Error("a nil catalogue knows an id")
	}
	if c.Unlisted().ID != "unlisted" {
		t.Error("a nil catalogue has no decoy for what is unlisted")
	}
}

// The quick checks may never lose what the plain comparison finds.
func TestFindAgreesWithPlainComparison(t *testing.T) {
	c := mustParse(t, `
version: 1
decoys:
  - {id: a, paths: [/.env, /a/b, /ab, "/p/*", "/p/q/*", /x.y]}
`)
	naive := func(path []byte) bool {
		clean := string(appendFolded(nil, AppendClean(nil, path)))
		for _, p := range c.Decoys()[0].Paths {
			if stem, ok := strings.CutSuffix(p, "*"); clean == p || ok && strings.HasPrefix(clean, stem) {
				return true
			}
		}
		return false
	}
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"/", "/", ".", "..", "a", "b", "ab", "A", "p", "q", "x.y", "env", "%2e", "%2f", "%41", "%"}
	hits := 0
	for range 200_000 {
		path := "/"
		for range random.IntN(5) {
			path += alphabet[random.IntN(len(alphabet))]
		}
		_, got := c.Find(nil, nil, []byte(path))
		if want := naive([]byte(path)); got != want {
			t.Fatalf("Find(%q) = %v, want %v", path, got, want)
		}
		if got {
			hits++
		}
	}
	if hits == 0 {
		t.Error("no path matched: the test shows nothing")
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	c := mustParse(t, testCatalogue)
	host, method := []byte("www.example.com"), []byte("GET")
	for _, path := range []string{"/index.html", "/.env", "/%2eENV", "/internal/x", "/" + strings.Repeat("a/../", 150)} {
		p := []byte(path)
		if n := testing.AllocsPerRun(100, func() { c.Find(host, method, p) }); n != 0 {
			t.Errorf("%.20s: %v allocations", path, n)
		}
	}
}

func TestVersionFollowsTheDecoys(t *testing.T) {
	a := mustParse(t, "version: 1\ndecoys: [{id: a, path: /a}]")
	same := mustParse(t, "version: 1\ndecoys:\n  - id: a\n    path: /a\n")
	answer := mustParse(t, "version: 1\ndecoys: [{id: a, path: /a, response: {status: 200}}]")
	other := mustParse(t, "version: 1\ndecoys: [{id: a, path: /a, block: {lifetime: 1h}}]")
	if a.Version() != same.Version() || a.Version() != answer.Version() {
		t.Error("the version changed although nothing that counts did")
	}
	if a.Version() == other.Version() || a.Decoys()[0].Version == other.Decoys()[0].Version {
		t.Error("another lifetime left the version as it was")
	}
}

func BenchmarkFindOrdinary(b *testing.B) {
	c, err := Shipped()
	if err != nil {
		b.Fatal(err)
	}
	host, method, path := []byte("www.example.com"), []byte("GET"), []byte("/api/v1/orders/18237/items")
	b.ReportAllocs()
	for b.Loop() {
		c.Find(host, method, path)
	}
}
