package bus

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
)

// jamRounds is how often it is tried to have the others in step before the
// server gives up the link, which it does after ten seconds.
const jamRounds = 5

// TestAFullLinkDelaysNoOthers: an agent takes nothing more, until what is on
// its way to it has filled every buffer and the server waits for it. The
// others do not: they have all of it while that link still stands. The slow
// one has it too once its link is clear.
func TestAFullLinkDelaysNoOthers(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	jam := bustest.NewJam(t, strings.TrimPrefix(w.url, "tls://"))
	w.enrol(t, "edge", "eu")
	w.enrol(t, "slow", "eu")
	edge := w.follow(t, "edge")
	w.url = "tls://" + jam.Address()
	slow := w.follow(t, "slow")
	both := func() bool { return edge.inStep(w, "eu") && slow.inStep(w, "eu") }
	stood := false
	for round := 0; round < jamRounds && !stood; round++ {
		eventually(t, "both are in step", both)
		jam.Stop()
		w.putLarge(t, round)
		eventually(t, "the other one is in step", func() bool { return edge.inStep(w, "eu") })
		stood = w.server.Connected("slow")
		if slow.inStep(w, "eu") {
			t.Error("the link was never full")
		}
		jam.Go()
	}
	if !stood {
		t.Errorf("in %d rounds the other one was never in step before the slow one was given up", jamRounds)
	}
	eventually(t, "both are in step in the end", both)
}

// putLarge puts blocks with as much to tell of each as there may be, more
// together than a connection has room for.
func (w *world) putLarge(t *testing.T, round int) {
	t.Helper()
	list := make([]block.Block, 2_500)
	for i := range list {
		list[i] = blockOn("eu", address(round*len(list)+i))
		list[i].Terms = &block.Terms{Body: strings.Repeat("x", block.MaxBody)}
	}
	for _, o := range w.Blocks().PutAll(t.Context(), list) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
}
