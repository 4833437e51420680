package block

import (
	"net/netip"
	"sync"
	"testing"
	"time"
)

// varied is a replica of which each request is looked up in many places.
func varied(t *testing.T, key MatchKey) *Replica {
	t.Helper()
	r := NewReplica()
	r.SetKeys(All, []MatchKey{key})
	for i, text := range []string{
		"198.51.100.1", "198.51.100.64/26", "2001:db8:ffff::/64", "application:other", "user_agent:other", "fingerprint:other",
		"route:/other", "user:" + key.Hash(ScopeUser, "other"), "198.51.100.2 & api:other",
	} {
		r.Apply(All, Delta{Revision: uint64(i + 1), Target: parsed(t, text), ID: ID(i + 1), Left: time.Hour}, 0)
	}
	if in := r.force.Load(); in.lookups < cleanFrom {
		t.Fatalf("%d look-ups a request, want at least %d", in.lookups, cleanFrom)
	}
	return r
}

func parsed(t *testing.T, text string) Target {
	t.Helper()
	target, err := ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// remembered tells whether the sender of a request is remembered as clean.
func (r *Replica) remembered(q *Request) bool {
	a := newAsking(q, 0, nil, nil)
	return r.clean.knows(r.clean.name(&a, r.force.Load()))
}

// TestCleanClientsAreBlockedAtOnce has a block come on who is remembered as
// clean, and go.
func TestCleanClientsAreBlockedAtOnce(t *testing.T) {
	key, later := NewMatchKey([32]byte{1}), NewMatchKey([32]byte{2})
	f := func(client string, change func(r *Replica)) {
		t.Helper()
		r := varied(t, key)
		q := &Request{
			Client: netip.MustParseAddr(client), Method: "GET", Path: "/orders/7", API: "shop", User: "alice", Session: "s", Key: "k",
			Application: "web", Fingerprint: "t13", UserAgent: "curl/8", Country: "AQ", Network: "AS64500",
		}
		for range 2 {
			if d := r.Decide(q, 0); d.Found || !r.remembered(q) {
				t.Fatalf("%+v, remembered %v", d, r.remembered(q))
			}
		}
		change(r)
		if d := r.Decide(q, 0); d.ID != 99 {
			t.Errorf("a block on it came: %+v", d)
		}
	}
	put := func(text string) func(r *Replica) {
		return func(r *Replica) {
			r.Apply(All, Delta{Revision: 50, Target: parsed(t, text), ID: 99, Left: time.Hour}, 0)
		}
	}
	f("192.0.2.1", put("192.0.2.1"))
	f("192.0.2.1", put("192.0.2.0/24"))
	f("::ffff:192.0.2.1", put("192.0.2.1"))
	f("2001:db8::1", put("2001:db8::1"))
	f("2001:db8::1", put("2001:db8::/64"))
	f("2001:db8::1", put("2001:db8::/48"))
	for _, text := range []string{
		"user:" + key.Hash(ScopeUser, "alice"), "session:" + key.Hash(ScopeSession, "s"), "key:" + key.Hash(ScopeKey, "k"), "api:shop",
		"application:web", "fingerprint:t13", "user_agent:curl/8", "country:AQ", "network:AS64500", "route:/orders/{}", "route:GET /orders/7/",
		"192.0.2.1 & user_agent:curl/8", "user_agent:curl/8 & route:/orders/{id}", "192.0.2.0/24 & route:/orders/**",
	} {
		f("192.0.2.1", put(text))
	}
	other := parsed(t, "user:"+later.Hash(ScopeUser, "alice"))
	f("192.0.2.1", func(r *Replica) { // under a key that comes after the block
		r.Apply(All, Delta{Revision: 50, Target: other, ID: 99, Left: time.Hour}, 0)
		r.Decide(&Request{Client: netip.MustParseAddr("192.0.2.1"), User: "alice"}, 0)
		r.SetKeys(All, []MatchKey{later, key})
	})
	f("192.0.2.1", func(r *Replica) {
		r.Load("eu", (*Set)(nil).Apply(Delta{Revision: 1, Target: parsed(t, "192.0.2.1"), ID: 99, Left: time.Hour}, 0), 0)
	})
}

func TestWhoIsCleanStaysSoWhileBlocksComeOnOthers(t *testing.T) {
	r := varied(t, NewMatchKey([32]byte{1}))
	q := &Request{Client: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8"}
	blocked := &Request{Client: netip.MustParseAddr("198.51.100.1")}
	r.Decide(q, 0)
	r.Decide(blocked, 2*time.Hour) // it is over, and still filed
	if !r.remembered(q) || r.remembered(blocked) {
		t.Fatal("who is clean is not remembered, or who is not is")
	}
	if r.remembered(&Request{Client: q.Client, UserAgent: "curl/9"}) || r.remembered(&Request{Client: q.Client, Application: "curl/8"}) {
		t.Error("another client is remembered for it")
	}
	r.Apply(All, Delta{Revision: 50, Target: parsed(t, "198.51.100.1"), Removed: true}, 0)
	kept := 0
	for i := range 100 {
		a := netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
		r.Apply(All, Delta{Revision: uint64(51 + i), Target: AddressTarget(a), ID: 1, Left: time.Hour}, 0)
		if r.remembered(q) {
			kept++
		}
		r.Decide(q, 0)
	}
	if kept < 80 {
		t.Errorf("after %d of 100 blocks on other addresses a client was still remembered", kept)
	}
}

func TestUnknownClientsAreNoAddress(t *testing.T) {
	r := varied(t, NewMatchKey([32]byte{1}))
	r.Apply(All, Delta{Revision: 50, Target: parsed(t, "::/128"), ID: 99, Left: time.Hour}, 0)
	for range 2 {
		if r.Decide(&Request{}, 0).Found || !r.Decide(&Request{Client: netip.IPv6Unspecified()}, 0).Found {
			t.Error("who is not known is taken for ::")
		}
	}
}

// TestReadersDoNotHideChanges has many ask about a client while blocks on it
// come and go: whoever makes a change sees it from then on.
func TestReadersDoNotHideChanges(t *testing.T) {
	r := varied(t, NewMatchKey([32]byte{1}))
	q := &Request{Client: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8", Path: "/a"}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					r.Decide(q, 0)
				}
			}
		})
	}
	targets := []Target{parsed(t, "192.0.2.1"), parsed(t, "user_agent:curl/8"), parsed(t, "192.0.2.0/24")}
	for i := range 600 {
		d := Delta{Revision: uint64(50 + i), Target: targets[i/2%len(targets)], ID: 99, Left: time.Hour, Removed: i%2 == 1}
		r.Apply(All, d, 0)
		if got := r.Decide(q, 0).Found; got == d.Removed {
			t.Errorf("change %d: found %v", i, got)
			break
		}
	}
	close(done)
	readers.Wait()
}
