package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestPagesHoldEveryItemOnce(t *testing.T) {
	var items []string
	for i := range 57 {
		items = append(items, fmt.Sprintf("%03d", i))
	}
	for _, limit := range []int{1, 2, 10, 56, 57, 58, 1000} {
		var got []string
		s := wire.Slice{Limit: limit}
		for {
			page, err := pageOf(items, s, func(s string) string { return s })
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Items...)
			if page.Next == "" {
				break
			}
			s.Cursor = page.Next
		}
		if !slices.Equal(got, items) {
			t.Errorf("limit %d: got %v", limit, got)
		}
	}
}

func TestPagesGoOnWhereAnItemWas(t *testing.T) {
	id := func(s string) string { return s }
	page, err := pageOf([]string{"a", "c", "e"}, wire.Slice{Limit: 2}, id)
	if err != nil {
		t.Fatal(err)
	}
	// c has gone meanwhile, and d has come.
	page, err = pageOf([]string{"a", "d", "e"}, wire.Slice{Limit: 2, Cursor: page.Next}, id)
	if err != nil || !slices.Equal(page.Items, []string{"d", "e"}) || page.Next != "" {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestBlocksAreFilteredAndPaged(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		b := exampleBlock(n + 10)
		b.Segment, b.Mode, b.By, b.Rule = "shop", block.Shadow, "token:ana", "manual"
		w.blocks.blocks = append(w.blocks.blocks, b)
	}
	f := func(query string, want int) {
		t.Helper()
		page := decoded[wire.Page[wire.Block]](t, w.get("/api/v1/blocks"+query, viewerToken))
		if len(page.Items) != want {
			t.Errorf("%s: got %d blocks, want %d", query, len(page.Items), want)
		}
	}
	f("", 6)
	f("?limit=2", 2)
	f("?segment=shop", 3)
	f("?segment=none", 0)
	f("?mode=enforce", 3)
	f("?mode=shadow&limit=1", 1)
	f("?by=token:ana", 3)
	f("?rule=manual", 3)
	f("?target=192.0.2.1", 1)
	f("?target=192.0.2.0/28", 6)
	f("?target=2001:db8::/32", 0)
	if len(w.blocks.blocks) != 6 {
		t.Error("a filter changed the list that it was given")
	}
}

func TestActorsComeMostUrgentFirst(t *testing.T) {
	w := newWorld(t)
	quiet, loud, late := exampleActor("192.0.2.3"), exampleActor("192.0.2.4"), exampleActor("192.0.2.5")
	quiet.Tier, loud.Tier = finding.Log, finding.Page
	late.LastSeen = noon.Add(1)
	w.operator.actors = append(w.operator.actors, quiet, loud, late)
	var got []string
	for path := "/api/v1/actors?limit=2"; path != ""; {
		page := decoded[wire.Page[wire.Actor]](t, w.get(path, viewerToken))
		for _, a := range page.Items {
			got = append(got, a.Value[strings.LastIndex(a.Value, ".")+1:])
		}
		path = ""
		if page.Next != "" {
			path = "/api/v1/actors?limit=2&cursor=" + page.Next
		}
	}
	if want := []string{"4", "5", "1", "2", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	page := decoded[wire.Page[wire.Actor]](t, w.get("/api/v1/actors?tier=page", viewerToken))
	if len(page.Items) != 1 {
		t.Errorf("got %d actors of tier page, want 1", len(page.Items))
	}
	if page := decoded[wire.Page[wire.Actor]](t, w.get("/api/v1/actors?kind=user", viewerToken)); len(page.Items) != 0 {
		t.Errorf("got %v, want no users", page.Items)
	}
}

func TestActorInAPathMayBeAPrefix(t *testing.T) {
	w := newWorld(t)
	a := respond.Actor{Actor: finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"}}
	w.operator.actors = append(w.operator.actors, a)
	for _, path := range []string{"prefix/2001:db8::%2F64", "address/2001:db8::7"} {
		got := decoded[wire.ActorDetail](t, w.get("/api/v1/actors/"+path, viewerToken))
		if got.Value != a.Actor.Value {
			t.Errorf("%s: got %s", path, got.Value)
		}
	}
	w.problem(w.get("/api/v1/actors/user/eve", viewerToken), notFound)
}

func FuzzCursor(f *testing.F) {
	f.Add(writeCursor("all.address.c0000201"))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		key, err := readCursor(cursor)
		if err == nil && writeCursor(key) != cursor {
			// Base64 has trailing bits that mean nothing: another text, the same key.
			if again, err := readCursor(writeCursor(key)); err != nil || again != key {
				t.Errorf("%q: the key %q came back as %q, %v", cursor, key, again, err)
			}
		}
		if _, err := pageOf([]string{"a", "b"}, wire.Slice{Limit: 1, Cursor: cursor}, func(s string) string { return s }); err != nil && http.StatusBadRequest != problemOf(err).Status {
			t.Errorf("%q: %v", cursor, err)
		}
	})
}
