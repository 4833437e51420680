package block

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// TestReplicaHeals plays a link that loses deltas and breaks at random: after
// two quiet heartbeats the replica equals the original.
func TestReplicaHeals(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 9))
		var original *Set
		replica := NewReplica()
		beat := func() {
			if replica.Heartbeat(All, original.Version()) {
				replica.Expect(All)
				snapshot := original
				for range r.IntN(3) { // changes while the snapshot travels
					d := randomDelta(r, original.Version().Revision+1)
					original = original.Apply(d, 0)
					replica.Apply(All, d, 0)
				}
				replica.Load(All, snapshot, 0)
			}
		}
		for range 300 {
			d := randomDelta(r, original.Version().Revision+1+uint64(r.IntN(3)))
			original = original.Apply(d, 0)
			if r.IntN(10) > 0 {
				replica.Apply(All, d, 0)
			}
			if r.IntN(20) == 0 {
				beat()
			}
		}
		for range 3 {
			beat()
		}
		if got, want := replica.Versions()[All], original.Version(); got != want {
			t.Fatalf("seed %d: replica %+v, original %+v", seed, got, want)
		}
	}
}

// In a flood of changes the original learns of them later than its replicas.
func TestReplicaThatIsAheadWaits(t *testing.T) {
	replica := NewReplica()
	replica.Apply(All, Delta{Revision: 100, Target: AddressTarget(netip.MustParseAddr("192.0.2.7")), ID: 1, Left: time.Hour}, 0)
	for n := range uint64(aheadLimit) {
		if stale := replica.Heartbeat(All, Version{Revision: n}); stale != (n == aheadLimit-1) {
			t.Errorf("heartbeat %d behind the replica: stale is %v", n+1, stale)
		}
	}
}

func TestHeartbeatToleratesOvertaking(t *testing.T) {
	replica := NewReplica()
	d := Delta{Revision: 4, Target: AddressTarget(netip.MustParseAddr("192.0.2.7")), ID: 1, Left: time.Minute}
	var original *Set
	original = original.Apply(d, 0)
	if replica.Heartbeat(All, original.Version()) {
		t.Error("a heartbeat that overtook a delta asked for a snapshot")
	}
	replica.Apply(All, d, 0)
	if replica.Heartbeat(All, original.Version()) {
		t.Error("equal versions asked for a snapshot")
	}
	if replica.Heartbeat(All, Version{Revision: 4, Count: 1, Hash: 1}); !replica.Heartbeat(All, Version{Revision: 4, Count: 1, Hash: 1}) {
		t.Error("another hash at the same revision did not ask for a snapshot")
	}
}

func TestEnforcedBeatsShadowAcrossSegments(t *testing.T) {
	a := netip.MustParseAddr("192.0.2.7")
	replica := NewReplica()
	replica.Apply("eu", Delta{Revision: 1, Target: AddressTarget(a), ID: 1, Left: time.Minute, Mode: Shadow}, 0)
	if d := replica.Decide(&Request{Client: a}, 0); d.Denied() || !d.Found {
		t.Errorf("a shadow block: %+v", d)
	}
	replica.Apply(All, Delta{Revision: 2, Target: AddressTarget(a), ID: 2, Left: time.Minute}, 0)
	for range 20 {
		if d := replica.Decide(&Request{Client: a}, 0); !d.Denied() || d.ID != 2 || d.Segment != All {
			t.Fatalf("an enforced block beside a shadow one: %+v", d)
		}
	}
	replica.Forget(func(name string) bool { return name != All })
	if d := replica.Decide(&Request{Client: a}, 0); d.Denied() {
		t.Errorf("a forgotten segment decides: %+v", d)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	key := NewMatchKey([32]byte{1})
	replica := NewReplica()
	replica.SetKeys(All, []MatchKey{key, NewMatchKey([32]byte{2})})
	for i, text := range []string{
		"192.0.2.7", "192.0.2.0/24", "0.0.0.0/0 & api:shop", "2001:db8::/64", "2001:db8::/48", "2001:db8::7", "user_agent:curl/8",
		"route:GET /orders/{id}", "route:/**", "192.0.2.7 & country:AQ", "country:AQ & network:AS64500", "user_agent:curl/8 & route:/orders/**",
	} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		replica.Apply(All, Delta{Revision: uint64(i + 1), Target: target, ID: ID(i + 1), Left: time.Minute, Mode: Canary, Percent: 50}, 0)
	}
	f := func(r *Request) {
		t.Helper()
		if n := testing.AllocsPerRun(100, func() { _ = replica.Decide(r, 0) }); n != 0 {
			t.Errorf("%v allocations for %+v", n, r)
		}
	}
	full := Request{Method: "GET", Path: "/orders/7", API: "shop", Country: "AQ", Network: "AS64500", UserAgent: "curl/8"}
	f(&Request{})
	for _, client := range []string{"192.0.2.7", "192.0.2.8", "::ffff:192.0.2.7", "2001:db8::7", "fe80::1%eth0"} {
		full.Client = netip.MustParseAddr(client)
		f(&full)
	}
	if raceDetector {
		return // it makes pools forget at random
	}
	target, err := NewTarget(Criterion{ScopeUser, key.Hash(ScopeUser, "alice")})
	if err != nil {
		t.Fatal(err)
	}
	replica.Apply(All, Delta{Revision: 100, Target: target, ID: 100, Left: time.Minute, Action: Drop}, 0)
	full.User = "alice"
	f(&full)
	if d := replica.Decide(&full, 0); d.ID != 100 {
		t.Errorf("%+v", d)
	}
}

// TestReadersWhileAWriterApplies has readers ask while one goroutine changes
// what they ask: a block that is always there is always found.
func TestReadersWhileAWriterApplies(t *testing.T) {
	u := newUniverse(1)
	replica := NewReplica()
	replica.SetKeys(All, u.keys)
	always, err := ParseTarget("fingerprint:always & route:/always/**")
	if err != nil {
		t.Fatal(err)
	}
	replica.Apply(All, Delta{Revision: 1, Target: always, ID: 77, Left: time.Hour, Action: Drop}, 0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for seed := range uint64(3) {
		readers.Go(func() {
			u := newUniverse(seed)
			for {
				select {
				case <-done:
					return
				default:
				}
				r := u.request()
				_ = replica.Decide(r, 0)
				_ = replica.Versions()
				r.Fingerprint, r.Path = "always", "/always/7"
				if d := replica.Decide(r, 0); d.Action != Allow && d.ID != 77 && d.Action != Drop {
					t.Errorf("%+v on %+v", d, r)
				}
			}
		})
	}
	var known []Target
	for revision := uint64(2); revision < 3_000; revision++ {
		d := u.delta(revision, known)
		if known = append(known, d.Target); len(known) > 300 {
			known = known[1:]
		}
		replica.Apply(All, d, 0)
		if revision%500 == 0 {
			replica.SetKeys(All, u.keys[:1+revision/500%2])
			replica.Expect(All)
			replica.Load(All, replica.Set(All), 0)
		}
	}
	close(done)
	readers.Wait()
}
