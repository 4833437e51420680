package bus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
)

// equal tells whether an agent has the blocks of a segment as the service has
// them, one by one.
func (g *gateway) equal(w *world, segment string) error {
	want := map[block.Target]block.ID{}
	for _, b := range w.Blocks().List() {
		if b.Segment == segment {
			want[b.Target] = b.ID
		}
	}
	for target, e := range g.replica.Sets()[segment].Entries() {
		if want[target] != e.ID {
			return fmt.Errorf("the agent has %s on %s, the service has %s", e.ID, target, want[target])
		}
		delete(want, target)
	}
	if len(want) > 0 {
		return fmt.Errorf("the agent lacks %d blocks", len(want))
	}
	return nil
}

// Connections are lost all the time while blocks are made, replaced, removed
// and end; then the network is calm, and agents are equal to the service.
func TestAgentsBehindALossyNetwork(t *testing.T) {
	const agents, rounds, size = 3, 60, 20
	w := start(t, where{dir: t.TempDir()})
	network := bustest.NewLossy(t, strings.TrimPrefix(w.url, "tls://"))
	direct := w.url
	w.url = "tls://" + network.Address()
	var gateways []*gateway
	for i := range agents {
		name := fmt.Sprintf("edge-%d", i)
		w.enrol(t, name, "eu")
		gateways = append(gateways, w.follow(t, name))
	}
	w.url = direct
	random := rand.New(rand.NewPCG(3, 4))
	for round := range rounds {
		churn(t, w, random, round*size, size)
	}
	eventually(t, "connections are lost", func() bool { return network.Lost() > 5*agents })
	network.Calm()
	eventually(t, "the short blocks have ended", func() bool {
		return w.Blocks().Versions()["eu"].Count == rounds*(size-2)
	})
	for _, g := range gateways {
		eventually(t, "an agent is in step", func() bool { return g.inStep(w, "eu") && g.inStep(w, block.All) })
		if err := g.equal(w, "eu"); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d connections were lost", network.Lost())
}

// churn puts some blocks of which one is replaced, one removed, and one short.
func churn(t *testing.T, w *world, random *rand.Rand, from, n int) {
	t.Helper()
	list := make([]block.Block, n)
	for i := range list {
		list[i] = blockOn("eu", address(from+i))
	}
	list[0].LifetimeSeconds = 1
	outcomes := w.Blocks().PutAll(t.Context(), list)
	for _, o := range outcomes {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	changed, gone := outcomes[1].Block, outcomes[2+random.IntN(n-2)].Block
	next := changed
	next.Mode = block.Shadow
	if _, err := w.Blocks().Replace(t.Context(), changed, next); err != nil {
		t.Fatal(err)
	}
	if err := w.Blocks().Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
}
