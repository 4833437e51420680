package bus

import (
	"fmt"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// A put is not dated back by the time that it takes to apply it: what is put
// after an agent's first report would then be taken for older.
func TestPutsAreNotDatedBack(t *testing.T) {
	d := newBoard()
	for n := range uint64(100) {
		before := d.now()
		b := blockOn(block.All, fmt.Sprintf("192.0.2.%d", n))
		b.Revision = n + 1
		put := time.Unix(0, time.Now().UnixNano()) // as a header has it
		d.apply(entry{key: b.Key(), segment: block.All, delta: block.DeltaOf(&b, put), put: put, block: &b})
		if at := d.putAt(block.All, b.Revision); at < before {
			t.Errorf("block %d was put %s before it was made", n, before-at)
		}
	}
}
