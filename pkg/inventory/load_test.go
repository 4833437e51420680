package inventory

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

func mustLoad(t testing.TB, name, text string) *Spec {
	t.Helper()
	s, err := Load(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const shopYAML = `openapi: 3.1.0
info: {title: "Shop API (v1)", version: "1"}
servers:
  - url: https://shop.example.com/v1/
  - url: http://localhost:8080/dev
  - url: https://{tenant}.example.net:8443/{stage}
    variables:
      tenant: {default: a}
      stage: {default: live, enum: [live, test]}
paths:
  /orders/{order}:
    summary: An order
    parameters: [{$ref: "common.yaml#/parameters/Order"}]
    get:
      operationId: getOrder
      tags: [orders, "reading, writing"]
      responses:
        200: {description: yes, content: {application/json: {schema: {$ref: "https://elsewhere.example/x.json"}}}}
    delete: {operationId: dropOrder}
  /elsewhere:
    $ref: paths/elsewhere.yaml
  /files:
    servers: [{url: /files/v2}]
    post: {}
components:
  schemas: {Broken: [1, 2]}
`

func TestLoadKeepsWhatTellsRoutesApart(t *testing.T) {
	order := []Operation{
		{Method: "DELETE", ID: "dropOrder"},
		{Method: "GET", ID: "getOrder", Tags: []string{"orders", "reading, writing"}},
	}
	shop, tenant := []string{"shop.example.com"}, []string{"{tenant}.example.net"}
	want := &Spec{API: "shop-api-v1", Title: "Shop API (v1)", Endpoints: []Endpoint{
		{Template: "/dev/elsewhere"},
		{Template: "/live/elsewhere", Hosts: tenant},
		{Template: "/test/elsewhere", Hosts: tenant},
		{Template: "/v1/elsewhere", Hosts: shop},
		{Template: "/files/v2/files", Operations: []Operation{{Method: "POST"}}},
		{Template: "/dev/orders/{order}", Operations: order},
		{Template: "/live/orders/{order}", Hosts: tenant, Operations: order},
		{Template: "/test/orders/{order}", Hosts: tenant, Operations: order},
		{Template: "/v1/orders/{order}", Hosts: shop, Operations: order},
	}}
	if diff := cmp.Diff(want, mustLoad(t, "shop.yaml", shopYAML)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReadsEveryVersion(t *testing.T) {
	f := func(text string, want ...Endpoint) {
		t.Helper()
		if diff := cmp.Diff(want, mustLoad(t, "dir/pets.json", text).Endpoints); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	get := []Operation{{Method: "GET", ID: "x", Tags: []string{"t"}}}
	f(`{"openapi":"3.0.3","paths":{"/a":{"get":{"operationId":"x","tags":["t"]}}}}`, Endpoint{Template: "/a", Operations: get})
	f(`{"swagger":"2.0","host":"API.example.com:443","basePath":"/v1/","schemes":["https","http"],
		"paths":{"/a":{"get":{"operationId":"x","tags":["t"],"responses":{"200":{"description":"y"}}}}}}`,
		Endpoint{Template: "/v1/a", Hosts: []string{"api.example.com"}, Operations: get})
	f("swagger: 2.0\nbasePath: /v1\npaths: {/a: {}}", Endpoint{Template: "/v1/a"})
	f("swagger: '2.0'\npaths: {'/a/{b}.{c}': {}}", Endpoint{Template: "/a/{b}.{c}"})
	f("openapi: 3.1\nservers: [null]\npaths: {/a: null, /b: {get: null}}", Endpoint{Template: "/a"}, Endpoint{Template: "/b"})
	f("swagger: 2.0\npaths: {/a: null, /b: {get: null}}", Endpoint{Template: "/a"}, Endpoint{Template: "/b"})
	if s := mustLoad(t, "dir/Pet Shop.json", `{"openapi":"3.0.3","info":{"title":"  "},"paths":{"/a":{}}}`); s.API != "pet-shop" {
		t.Errorf("the API without a title is called %q", s.API)
	}
}

func TestLoadTellsMistakesWithTheirPlace(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Load("api.yaml", []byte(text))
		var list mistake.List
		if !errors.As(err, &list) || len(list) != len(want) {
			t.Errorf("%s: error %v, want %d mistakes", text, err, len(want))
			return
		}
		for i := range want {
			if !strings.HasPrefix(list[i].Error(), want[i]) || list[i].Hint == "" {
				t.Errorf("%s: mistake %q, want %q and a hint", text, list[i].Error(), want[i])
			}
		}
	}
	f("", "api.yaml: want one document, found")
	f("a: 1\n---\nb: 2", "api.yaml: want one document, found 2")
	f("openapi: [", "api.yaml:1:")
	f("openapi: 3.0.0\n\tpaths: {}", "api.yaml:2:")
	f("just a text", "api.yaml:1:1: ")
	f("title: x", "api.yaml:1:")
	f("openapi: 4.0.0\npaths: {/a: {}}", "api.yaml:1:1: want OpenAPI 3")
	f("openapi: 3.0.0\ninfo: {title: x}", "api.yaml:1:")
	f("openapi: 3.0.0\npaths: {}", "api.yaml:2:1: the document has no paths")
	f("openapi: 3.0.0\npaths: [1]", "api.yaml: the document is not as OpenAPI describes it")
	f("openapi: 3.0.0\npaths:\n  users: {}\n  /a/{b: {}\n  /c/{}: {}\n  /d/{e/f}: {}\n",
		`api.yaml:3:3: the path "users" does not begin`, `api.yaml:4:3: the path "/a/{b" has braces`,
		`api.yaml:5:3: the path "/c/{}" has braces`, `api.yaml:6:3: the path "/d/{e/f}" has braces`)
	f("openapi: 3.0.0\npaths:\n  /users/{id}: {}\n  /users/{name}: {}\n", `api.yaml:4:3: the path "/users/{name}" is the same as "/users/{id}"`)
	f("openapi: 3.0.0\nservers:\n- url: /{v\npaths: {/a: {}}", `api.yaml:2:1: the server "/{v" has braces`)
	f("openapi: 3.0.0\x00", "api.yaml: the file holds a zero byte")
	f(strings.Repeat("[", maxNesting+1), "api.yaml: the file holds a zero byte, or brackets more than")
	f(strings.Repeat(" ", maxDocument+1), "api.yaml: the document is larger than 32 MiB")
}

func FuzzLoad(f *testing.F) {
	f.Add(shopYAML, "/v1/orders/1")
	f.Add(`{"swagger":"2.0","basePath":"/v1","paths":{"/{a}:{b}/c{d}":{"get":{}}}}`, "/v1/x:y/cz")
	f.Add("openapi: 3.0.0\npaths: {/a%2Fb/{x}{y}: {}}", "/a%2fb/%zz/")
	f.Fuzz(func(t *testing.T, text, path string) {
		spec, err := Load("f.yaml", []byte(text))
		if err != nil {
			var list mistake.List
			if !errors.As(err, &list) || len(list) == 0 {
				t.Fatalf("error %v is no list of mistakes", err)
			}
			return
		}
		specs := NewSpecs(spec)
		for _, host := range []string{"", "shop.example.com", "x.example.net:1"} {
			if m, ok := specs.Match([]byte("GET"), []byte(host), []byte(path)); ok && m.Template[0] != '/' {
				t.Fatalf("%s has the template %q", path, m.Template)
			}
		}
	})
}
