package decoy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

func TestParse(t *testing.T) {
	c := mustParse(t, `
version: 1
responses:
  base: {status: 200, headers: {content-type: text/plain, X-A: b}, body: "hello\n"}
decoys:
  - id: full
    title: everything
    context: in
    hosts: [API.Example.com:443]
    methods: [GET]
    path: /Admin/Keys
    case_sensitive: true
    tier: page
    mode: shadow
    block: {lifetime: 30m}
    response: {like: base, status: 201, delay: 200ms}
  - {id: short, path: /short}
  - {id: inside, path: /inside, context: in, hosts: [h], response: base}
`)
	full, _ := c.ByID("full")
	if full.Context != In || full.Hosts[0] != "api.example.com" || full.Paths[0] != "/Admin/Keys" || !full.CaseSensitive ||
		full.Tier != finding.Page || full.Mode != block.Shadow || full.Lifetime != 30*time.Minute {
		t.Errorf("full came out as %+v", full)
	}
	r := full.Response
	if r.Status != 201 || string(r.Body) != "hello\n" || r.Delay != 200*time.Millisecond || len(r.Headers) != 2 ||
		r.Headers[0] != (Header{"Content-Type", "text/plain"}) {
		t.Errorf("the answer of full came out as %+v", r)
	}
	short, _ := c.ByID("short")
	if short.Context != Out || short.Tier != finding.Log || short.Lifetime != DefaultLifetime || short.Response.Status != 404 || short.Title != "short" {
		t.Errorf("short came out as %+v", short)
	}
	if inside, _ := c.ByID("inside"); inside.Tier != finding.Notify || inside.Response.Status != 200 {
		t.Errorf("inside came out as %+v", inside)
	}
}

func TestParseFailure(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Parse(Source{Name: "x.yml", Data: []byte(text)})
		var problems mistake.List
		if !errors.As(err, &problems) {
			t.Errorf("%q: error %v, want a mistake.List", text, err)
			return
		}
		if len(problems) != len(want) {
			t.Errorf("%q: %d problems, want %d:\n%v", text, len(problems), len(want), err)
			return
		}
		for i, w := range want {
			if !strings.Contains(problems[i].Error(), w) {
				t.Errorf("%q: problem %q, want %q in it", text, problems[i], w)
			}
		}
	}
	const head = "version: 1\ndecoys:\n"
	f("", "want one YAML document")
	f("a: [", "x.yml:1:")
	f("just text", "want keys and values")
	f("version: 2\ndecoys: []", "x.yml:1:10: want the version")
	f("decoys: []", "want the version")
	f("version: 1", "want a list of decoys")
	f("version: 1\ndecoys: 7", "x.yml:2:9: want a list")
	f("version: 1\ndecoy: []", "want a list", "x.yml:2:1: the catalogue has no key \"decoy\" (did you mean decoys?)")
	f(head+"  - 7", "x.yml:3:5: want keys")
	f(head+"  - {id: a}", "has no path")
	f(head+"  - {path: /a}", "decoy id")
	f(head+"  - {id: A, path: /a}", "x.yml:3:10: decoy id \"A\"")
	f(head+"  - {id: unlisted, path: /a}", "is taken")
	f(head+"  - {id: a, path: /a}\n  - {id: a, path: /b}", "x.yml:4:10: decoy id \"a\" is used already, at x.yml:3")
	f(head+"  - {id: a, path: /a, paths: [/b]}", "not both")
	f(head+"  - {id: a, path: a}", "begin with a slash")
	f(head+"  - {id: a, path: /}", "is no decoy")
	f(head+"  - {id: a, path: '/a?b'}", "query is not part")
	f(head+"  - {id: a, path: '/*/a'}", "at the end only")
	f(head+"  - {id: a, path: /a/../b}", `write "/b"`)
	f(head+"  - {id: a, path: /%41}", `write "/A"`)
	f(head+"  - {id: a, paths: []}", "has no path")
	f(head+"  - {id: a, path: //*}", `write "/"`)
	f(head+"  - {id: a, path: /a*}", "at the end only")
	f(head+"  - {id: a, path: [/a]}", "x.yml:3:")
	f(head+"  - {id: a, path: /a, context: off}", "want out or in")
	f(head+"  - {id: a, path: /a, tier: loud}", "x.yml:3:29: tier \"loud\"")
	f(head+"  - {id: a, path: /a, tier: none}", "x.yml:3:29: tier \"none\"")
	f(head+"  - {id: a, path: /a, mode: canary}", "mode \"canary\"")
	f(head+"  - {id: a, path: /a, methods: [get]}", "GET, not get")
	f(head+"  - {id: a, path: /a, hosts: ['a*b']}", "cannot match")
	f(head+"  - {id: a, path: /a, hosts: ['*']}", "cannot match")
	f(head+"  - {id: a, path: /a, block: {lifetime: 4}}", "cannot be read")
	f(head+"  - {id: a, path: /a, block: {lifetime: 0s}}", "out of bounds")
	f(head+"  - {id: a, path: /a, block: {ttl: 4h}}", "block has no key \"ttl\"")
	f(head+"  - {id: a, path: /a, response: nope}", "there is no response \"nope\"")
	f(head+"  - {id: a, path: /a, response: {status: 99}}", "no final HTTP status")
	f(head+"  - {id: a, path: /a, response: {delay: 11s}}", "out of bounds")
	f(head+"  - {id: a, path: /a, response: {headers: {'A b': c}}}", "cannot be sent")
	f(head+"  - {id: a, path: /a, response: {headers: {A: \"b\\nc\"}}}", "cannot be sent")
	f(head+"  - {id: a, path: /a, response: {headers: {content-length: '3'}}}", "not the catalogue's to set")
	f(strings.Repeat("[", 100), "nested")
	f("a: \x00", "zero byte")
	f(head+"  - {id: B, path: b}\n  - {id: C, tier: x, path: /c}", "x.yml:3:10", "x.yml:3:19", "x.yml:4:10", "x.yml:4:19")
}

func TestParseSeveralSources(t *testing.T) {
	own := Source{Name: "own.yml", Data: []byte("version: 1\ndecoys: [{id: own, path: /own}]")}
	c, err := Parse(ShippedSource(), own)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.ByID("own"); !ok {
		t.Error("the second source is missing")
	}
	if _, err := Parse(own, own); err == nil || !strings.Contains(err.Error(), "used already, at own.yml:2") {
		t.Errorf("the same id twice gave %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(testCatalogue))
	f.Add([]byte("version: 1\nresponses: {a: {like: b}}\ndecoys: [{id: a, path: /a, response: a}, 7, {}, null]"))
	f.Add([]byte("version: &a 1\ndecoys: [*a]\n<<: *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(Source{Name: "f.yml", Data: data})
		if err != nil {
			var problems mistake.List
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("error without problems: %v", err)
			}
			return
		}
		for _, d := range c.Decoys() {
			for _, p := range d.Paths {
				host, method := "h", "GET"
				if len(d.Hosts) > 0 {
					host = strings.Replace(d.Hosts[0], "*", "x", 1)
				}
				if len(d.Methods) > 0 {
					method = d.Methods[0]
				}
				if _, ok := c.Find([]byte(host), []byte(method), []byte(p)); !ok {
					t.Fatalf("%q of %s is never found", p, d.ID)
				}
			}
		}
	})
}
