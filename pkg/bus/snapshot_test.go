package bus

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Agents come while blocks are made as fast as they are taken. Their one
// snapshot and the deltas after it leave nothing out, so that none asks again.
func TestOneSnapshotIsEnoughInAFlood(t *testing.T) {
	const agents, batches, size = 6, 30, 200
	w := start(t, where{dir: t.TempDir()})
	var gateways []*gateway
	for batch := range batches {
		if batch%(batches/agents) == 0 {
			name := fmt.Sprintf("edge-%d", batch)
			w.enrol(t, name)
			gateways = append(gateways, w.follow(t, name))
		}
		putMany(t, w, batch*size, size)
	}
	for _, g := range gateways {
		eventually(t, "an agent is in step", func() bool { return g.inStep(w, block.All) })
		if err := g.equal(w, block.All); err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		if g.loaded != 1 || g.linked != 1 {
			t.Errorf("%d snapshots over %d connections, want 1", g.loaded, g.linked)
		}
		g.mu.Unlock()
	}
}

func TestSnapshotsAreShared(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.put(t, blockOn("eu", "192.0.2.1"))
	first := w.Blocks().snapshot("eu")
	if again := w.Blocks().snapshot("eu"); &again[0] != &first[0] {
		t.Error("the same set is written twice")
	}
	w.put(t, blockOn("eu", "192.0.2.2"))
	if next := w.Blocks().snapshot("eu"); len(next) <= len(first) {
		t.Error("an old snapshot was given")
	}
	w.Blocks().written.forget(w.Blocks().board.now() + 2*sharedFor)
	if w.Blocks().written.data != nil {
		t.Error("the snapshot is kept")
	}
}
