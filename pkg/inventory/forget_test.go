package inventory

import (
	"bytes"
	"testing"
)

func TestForgetDropsWordsAndWhatLiesBelow(t *testing.T) {
	templater := New(Options{})
	learnPaths(templater, "/users/bob/orders", "/users/ann/orders", "/bob")
	readers := templater.NewAssigner()
	if n := templater.Forget(func(word string) bool { return word == "bob" }); n != 2 {
		t.Errorf("dropped %d words, want 2", n)
	}
	wantRoutes(t, templater, map[string]string{
		"/users/ann/orders": "/users/ann/orders", "/users/bob/orders": "/users/{unknown}", "/bob": "/{unknown}",
	})
	if bytes.Contains(templater.Snapshot(), []byte("bob")) {
		t.Error("the snapshot still has the word")
	}
	fresh := New(Options{})
	learnPaths(fresh, "/users/ann/orders")
	if got, want := templater.Stats(), fresh.Stats(); got.Nodes != want.Nodes || got.Bytes != want.Bytes {
		t.Errorf("sizes %+v, want those of a tree that never had it: %+v", got, want)
	}
	if n := templater.Forget(func(host string) bool { return host == "shop.example.com" }); n != 1 || templater.Stats().Nodes != 0 {
		t.Errorf("dropped %d hosts, %d nodes are left", n, templater.Stats().Nodes)
	}
	readers.Assign(batchOf(missed("/users/ann/orders")))
}
