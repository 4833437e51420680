package bus

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// stream is a follower in the process, as the HTTP stream has one.
type stream struct {
	gateway
	loads int
}

func (s *stream) Load(segment string, data []byte) error {
	s.mu.Lock()
	s.loads++
	s.mu.Unlock()
	return s.gateway.Load(segment, data)
}

func (s *stream) snapshots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads
}

// attach lets a follower follow; the result waits for its end.
func (w *world) attach(t *testing.T, agent string, s *stream) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	have := s.replica.Versions()
	go func() { done <- w.Follow(ctx, agent, have, s) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	return stop
}

func TestFollowResumesWithoutSnapshot(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge", "eu")
	w.put(t, blockOn("eu", "192.0.2.1"))
	s := &stream{gateway: gateway{replica: block.NewReplica(), epoch: time.Now()}}
	stop := w.attach(t, "edge", s)
	eventually(t, "the follower is in step", func() bool { return s.inStep(w, "eu") })
	agents, err := w.Agents().Agents(t.Context())
	if err != nil || len(agents) != 1 || !agents[0].Connected {
		t.Errorf("agents = %+v, %v; want one that is connected", agents, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	loads := s.snapshots()
	b := w.put(t, blockOn("eu", "192.0.2.2"))
	if err := w.Blocks().Remove(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	w.put(t, blockOn("eu", "192.0.2.3"))
	w.attach(t, "edge", s)
	eventually(t, "the follower is in step again", func() bool { return s.inStep(w, "eu") })
	if s.snapshots() != loads {
		t.Errorf("%d more snapshots", s.snapshots()-loads)
	}
	if s.denies("192.0.2.2") || !s.denies("192.0.2.3") {
		t.Error("the follower enforces another set than the service has")
	}
	if err := w.Withdraw(t.Context(), "edge", 7); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal is withdrawn", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.withdrew) == 1
	})
}

func TestFollowGivesSnapshotToAStranger(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	w.put(t, blockOn(block.All, "192.0.2.1"))
	// A set of another service: the revision may be known here, the hash is not.
	s := &stream{gateway: gateway{replica: block.NewReplica(), epoch: time.Now()}}
	other := blockOn(block.All, "198.51.100.1")
	other.Revision = w.Blocks().Versions()[block.All].Revision
	s.replica.Apply(block.All, block.DeltaOf(&other, other.CreatedAt), 0)
	w.attach(t, "edge", s)
	eventually(t, "the follower has this service's set", func() bool { return s.inStep(w, block.All) })
	if s.snapshots() != 1 || s.denies("198.51.100.1") {
		t.Errorf("%d snapshots", s.snapshots())
	}
}

func TestRevokedFollowerIsCutOff(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	s := &stream{gateway: gateway{replica: block.NewReplica(), epoch: time.Now()}}
	done := make(chan error, 1)
	go func() { done <- w.Follow(t.Context(), "edge", nil, s) }()
	eventually(t, "the follower is linked", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.linked == 1
	})
	if err := w.Agents().Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrRefused) {
		t.Errorf("Follow = %v, want ErrRefused", err)
	}
	if err := w.Follow(t.Context(), "edge", nil, s); !errors.Is(err, ErrRefused) {
		t.Errorf("Follow again = %v, want ErrRefused", err)
	}
}

func TestBoardForgetsOldChanges(t *testing.T) {
	d := newBoard()
	var first block.Version
	for n := range uint64(3 * ringSize) {
		b := blockOn("eu", address(int(n)))
		b.Revision = n + 1
		d.apply(entry{key: b.Key(), segment: "eu", delta: block.DeltaOf(&b, b.CreatedAt), block: &b})
		if n == 0 {
			first = d.set("eu").Version()
		}
	}
	if _, ok := d.since("eu", first); ok {
		t.Error("changes since the first are still known")
	}
	if n := len(d.segments["eu"].ring); n > 2*ringSize {
		t.Errorf("the ring has %d changes", n)
	}
}
