package bus

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// BenchmarkPutAll puts 10,000 blocks at once, synced to disk and seen by
// agents that follow.
func BenchmarkPutAll(b *testing.B) {
	for _, agents := range []int{0, 10} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			w := start(b, where{dir: b.TempDir()})
			for i := range agents {
				name := fmt.Sprintf("edge-%d", i)
				w.enrol(b, name)
				g := w.follow(b, name)
				eventually(b, "the agent is in step", func() bool { return g.inStep(w, block.All) && g.isLinked() })
			}
			n := 0
			for b.Loop() {
				list := make([]block.Block, 0, 10_000)
				for range cap(list) {
					list = append(list, blockOn(block.All, address(n)))
					n++
				}
				for _, o := range w.Blocks().PutAll(b.Context(), list) {
					if o.Err != nil {
						b.Fatal(o.Err)
					}
				}
			}
		})
	}
}
