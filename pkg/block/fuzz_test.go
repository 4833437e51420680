package block

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func FuzzParseTarget(f *testing.F) {
	u := newUniverse(9)
	for range 50 {
		f.Add(u.target().String())
	}
	for _, seed := range []string{
		"192.0.2.7", "::ffff:192.0.2.0/120", "fe80::1%eth0", "address:192.0.2.0/24", `user_agent:"a & \"b\"" & country:aq`,
		"user_agent: a ", "network:as0064500", "route:GET /a b/{x}/**", "route:POST /", "prefix:::/0 & api:x", "user:alice", "country:AQ & country:ZZ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		if err != nil {
			if target.Valid() {
				t.Fatalf("%q: a target with an error", text)
			}
			return
		}
		again, err := ParseTarget(target.String())
		if err != nil || again != target {
			t.Fatalf("%q is written as %q, which is read as %q, %v", text, target, again, err)
		}
		roundTrips(t, target)
		roundTrips(t, target.Exempt())
	})
}

// roundTrips takes a target through each of its forms.
func roundTrips(t *testing.T, target Target) {
	t.Helper()
	if got, err := NewTarget(target.Criteria()...); err != nil || got != target.Blocked() {
		t.Errorf("of its criteria: %v, %v", got, err)
	}
	key := "eu." + target.Key()
	if segment, got, err := ParseKey(key); err != nil || segment != "eu" || got != target {
		t.Errorf("key %q: %s %v, %v", key, segment, got, err)
	}
	if strings.Trim(key, "-_=.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(key) > 3<<10 {
		t.Errorf("key %q does not suit the bus", key)
	}
	form := target.appendBinary(nil)
	if got, n := readTarget(append(slices.Clone(form), 1, 2, 3)); got != target || n != len(form) {
		t.Errorf("binary form %x: %v, %d of %d bytes", form, got, n, len(form))
	}
	data, err := json.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	var got Target
	if err := json.Unmarshal(data, &got); err != nil || got != target {
		t.Errorf("%s: %v, %v", data, got, err)
	}
	if !target.Covers(target) || target.exactly() && !target.Plain() {
		t.Errorf("%v does not cover itself", target)
	}
}

func FuzzParseKey(f *testing.F) {
	u := newUniverse(10)
	for range 50 {
		f.Add("all." + u.target().Key())
	}
	f.Add("eu.x-address.c0000207")
	f.Add("eu.all.AAAAAA")
	f.Fuzz(func(t *testing.T, key string) {
		segment, target, err := ParseKey(key)
		if err == nil && segment+"."+target.Key() != key {
			t.Fatalf("%q was taken, and is written %q", key, segment+"."+target.Key())
		}
		if err == nil {
			roundTrips(t, target)
		}
	})
}

func FuzzDelta(f *testing.F) {
	u := newUniverse(11)
	for revision := range uint64(50) {
		data, err := json.Marshal(u.delta(revision, nil))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"revision":1,"target":{"value":"192.0.2.7"},"id":"0000000000000007","left_ms":1,"action":"tarpit","mode":"trial"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Delta
		if json.Unmarshal(data, &d) != nil {
			return
		}
		if d.Mode >= modes || d.Action >= actions || !d.Target.Valid() || d.Left < 0 || d.Left > maxLeft {
			t.Fatalf("%s was taken as %+v", data, d)
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again Delta
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		var a, b *Set
		if a.Apply(d, 0).Version() != b.Apply(again, 0).Version() {
			t.Fatalf("%s came back as another block", written)
		}
	})
}

func FuzzRoutes(f *testing.F) {
	f.Add("/orders/{id}", "POST /orders/7/**", "POST", "/orders/7")
	f.Add("/**", "/", "", "/")
	f.Add("/a/", "/{}/{}", "GET", "/a/")
	f.Add("PUT /a b/%", "/a/**", "PUT", "/a b/%")
	f.Add("/login", "/login/", "", "/x/..;y/login;a=b/;")
	f.Add("/{}/", "/a;b/**", "", "/a;b/\x00c")
	f.Fuzz(func(t *testing.T, first, second, method, path string) {
		if strings.ContainsRune(path, 0xFFFD) {
			return // regular expressions take bytes that are no text for it
		}
		var tree trie
		var routes []string
		for _, text := range []string{first, second} {
			target, err := NewTarget(Criterion{ScopeRoute, text})
			if err != nil {
				continue
			}
			route, _ := target.Value(ScopeRoute)
			routes = append(routes, route)
			tree.count(route, 1, false)
		}
		var asked batch
		s := spell(path)
		tree.walk(method, &s, &asked)
		found := asked.keys[:asked.count]
		for _, route := range routes {
			want, exempt := naiveBlocked(route, method, path), naiveExempt(route, method, path)
			if got := s.blocked(route, method); got != want {
				t.Errorf("a block on %q is on %s %q: %v, want %v", route, method, path, got, want)
			}
			if got := s.exempt(route, method); got != exempt || got && !want {
				t.Errorf("an exemption on %q is on %s %q: %v, want %v", route, method, path, got, exempt)
			}
			if want && !slices.Contains(found, routeKey(route)) {
				t.Errorf("%q is not found for %s %q", route, method, path)
			}
		}
		for _, route := range routes {
			tree.count(route, -1, false)
		}
		if tree.nodes.count != 0 {
			t.Errorf("%d nodes are left of %q", tree.nodes.count, routes)
		}
	})
}
