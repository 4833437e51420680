package respond

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// BenchmarkGateShut measures for how long a checkpoint keeps all steps waiting,
// with 200,000 blocks of people, and with 50,000 actors who have one each.
func BenchmarkGateShut(b *testing.B) {
	for _, of := range []struct {
		name   string
		blocks int
		actors bool
	}{{"blocks=200000", 200_000, false}, {"actors=50000", 50_000, true}} {
		b.Run(of.name, func(b *testing.B) {
			s, err := New(options(newFakeBus()))
			if err != nil {
				b.Fatal(err)
			}
			s.gate.open()
			if of.actors {
				s.ledger = crowded(of.blocks, 3)
			}
			for i := range of.blocks {
				s.ledger.Hold(listedBlock(b, i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.capture(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// listedBlock is one of a long list of blocks that a person made.
func listedBlock(t testing.TB, i int) block.Block {
	t.Helper()
	target, err := block.ParseTarget(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	if err != nil {
		t.Fatal(err)
	}
	return block.Block{
		ID: block.NewID("listed", fmt.Sprint(i)), Segment: block.All, Target: target, Action: block.Deny, Mode: block.Enforce,
		LifetimeSeconds: 3600, CreatedAt: epoch, Reason: "on the list of a neighbour", By: "token:ann", Batch: "b1", Revision: uint64(i + 1),
	}
}
