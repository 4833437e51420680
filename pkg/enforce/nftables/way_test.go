package nftables

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// heard is a mirror.Way that remembers what it heard last.
type heard struct{ revision, blocks atomic.Int64 }

func (h *heard) Holds(revisions map[string]uint64) { h.revision.Store(int64(revisions[block.All])) }
func (h *heard) Fails(error)                       {}
func (h *heard) Leaves(blocks, _ int)              { h.blocks.Store(int64(blocks)) }

func TestTheKernelHoldsWhatIsSaid(t *testing.T) {
	n, s, way := newNetwork(t), newSource(), &heard{}
	s.change(on("country:AQ", 9, time.Hour)) // not for the packet filter
	runBy(t, n, s, way)
	for i, client := range []string{"192.0.2.7", "192.0.2.8", "192.0.2.130"} {
		s.change(on(client, block.ID(i+1), time.Hour))
		want := int64(s.Revisions()[block.All])
		eventually(t, "the kernel holds it", func() bool { return way.revision.Load() == want })
		if n.connects(client, openPort) {
			t.Errorf("%s is said to be held, and connects", client)
		}
	}
	eventually(t, "what it cannot hold is told", func() bool { return way.blocks.Load() == 1 })
}
