package bus

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// TestOneOfManyPutsHolds: several findings about one client ask for a block at
// once; one of the blocks is made, and all askers hear of that one and find it.
func TestOneOfManyPutsHolds(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	for round := range 50 {
		const askers = 4
		var made [askers]block.Block
		var failed [askers]error
		var found [askers]bool
		var wg sync.WaitGroup
		for i := range askers {
			b := blockOn(block.All, fmt.Sprintf("192.0.2.%d", round+1))
			b.ID += block.ID(1000 * (i + 1))
			wg.Go(func() {
				made[i], failed[i] = w.Blocks().Put(t.Context(), b)
				_, found[i] = w.Blocks().Get(b.Segment, b.Target)
			})
		}
		wg.Wait()
		created := 0
		for i := range askers {
			if failed[i] == nil {
				created++
			} else if !errors.Is(failed[i], respond.ErrExists) {
				t.Fatal(failed[i])
			}
			if !found[i] {
				t.Errorf("round %d: asker %d does not find the block that holds", round, i)
			}
			if made[i].Revision != made[0].Revision || made[i].ID != made[0].ID {
				t.Errorf("round %d: asker %d was given block %s at %d, asker 0 %s at %d", round, i, made[i].ID, made[i].Revision, made[0].ID, made[0].Revision)
			}
		}
		if created != 1 {
			t.Errorf("round %d: %d of %d askers made a block", round, created, askers)
		}
	}
}
