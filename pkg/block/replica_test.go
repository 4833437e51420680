package block

import (
	"math/rand/v2"
	"net/netip"
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
	a := netip.MustParseAddr("192.0.2.7")
	replica := NewReplica()
	replica.Apply(All, Delta{Revision: 1, Target: AddressTarget(a), ID: 1, Left: time.Minute}, 0)
	if n := testing.AllocsPerRun(100, func() { _ = replica.Decide(&Request{Client: a}, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
