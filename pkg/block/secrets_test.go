package block

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestHashesAreThoseOfTheKey(t *testing.T) {
	key := NewMatchKey([32]byte{7})
	for _, h := range newHashers([]MatchKey{key}) {
		for code := codeKey; code <= codeUser; code++ {
			for _, n := range []int{1, 2, 40, 200, 255, 256, 257, 700, 9_000} {
				v := strings.Repeat("é", n)
				w := h.pool.Get().(*hashing)
				w.done = [secretCodes]bool{}
				if got, want := string(w.hash(code, v)[:]), key.Hash(scopes[code], v); got != want {
					t.Errorf("%s of %d characters: %s, want %s", scopes[code], n, got, want)
				}
				h.pool.Put(w)
			}
		}
	}
}

// TestSecretsAreHashedOnlyWhenAskedFor counts what a request has hashed.
func TestSecretsAreHashedOnlyWhenAskedFor(t *testing.T) {
	old, current := NewMatchKey([32]byte{1}), NewMatchKey([32]byte{2})
	hashers := newHashers([]MatchKey{current, old})
	request := Request{Client: netip.MustParseAddr("192.0.2.7"), User: "alice", Token: "t", UserAgent: "curl/8"}
	f := func(want int, targets ...string) {
		t.Helper()
		var set *Set
		for i, text := range targets {
			target, err := ParseTarget(text)
			if err != nil {
				t.Fatal(err)
			}
			set = set.Apply(Delta{Revision: uint64(i + 1), Target: target, ID: ID(i + 1), Left: time.Minute}, 0)
		}
		var hashed secrets
		var found tally
		a := newAsking(&request, 0, &hashed, &found)
		a.secrets.keys = hashers
		set.exact.ask(&a)
		set.index.ask(&a)
		got := 0
		for w := hashed.work; w != nil; w = w.next {
			for _, done := range w.done {
				if done {
					got++
				}
			}
		}
		hashed.release()
		if got != want {
			t.Errorf("%v: %d values were hashed, want %d", targets, got, want)
		}
	}
	user := func(k MatchKey, name string) string { return "user:" + k.Hash(ScopeUser, name) }
	f(0, "192.0.2.7")
	f(1, user(current, "bob"))
	f(1, user(current, "bob"), user(current, "alice"), "192.0.2.7 & "+user(current, "alice"))
	f(2, user(current, "bob"), user(old, "bob"))
	f(0, "key:"+current.Hash(ScopeKey, "k")) // the request has none
	f(2, user(old, "alice"), "token:"+old.Hash(ScopeToken, "t"))
	f(0, "192.0.2.8 & "+user(current, "alice"))                    // of another client
	f(0, "192.0.2.7 & user_agent:other & "+user(current, "alice")) // what is cheap is compared first
	f(1, "192.0.2.7 & user_agent:curl/8 & "+user(current, "alice"))
}

func TestKeysAreReplaced(t *testing.T) {
	old, current := NewMatchKey([32]byte{1}), NewMatchKey([32]byte{2})
	target, err := ParseTarget("user:" + old.Hash(ScopeUser, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	replica := NewReplica()
	denied := func() bool { return replica.Decide(&Request{User: "alice"}, 0).Denied() }
	replica.SetKeys(All, []MatchKey{old})
	if versions := replica.Versions(); len(versions) != 0 {
		t.Errorf("a segment of which only the keys are known has a version: %v", versions)
	}
	replica.Apply(All, Delta{Revision: 1, Target: target, ID: 1, Left: time.Minute}, 0)
	if !denied() {
		t.Error("a user passes the block on it")
	}
	replica.SetKeys(All, []MatchKey{current, old})
	if !denied() {
		t.Error("a block under the key before does not hold")
	}
	replica.SetKeys(All, []MatchKey{current})
	if denied() {
		t.Error("a block holds under a key that is gone")
	}
	if keys := replica.MatchKeys()[All]; len(keys) != 1 || keys[0] != current {
		t.Errorf("keys %v", keys)
	}
}
