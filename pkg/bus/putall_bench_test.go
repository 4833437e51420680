package bus

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

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

// BenchmarkRemoveAll removes 10,000 blocks at once, as undoing a batch does.
func BenchmarkRemoveAll(b *testing.B) {
	w := start(b, where{dir: b.TempDir()})
	n := 0
	for b.Loop() {
		b.StopTimer()
		list := make([]block.Block, 0, 10_000)
		for range cap(list) {
			list = append(list, blockOn(block.All, address(n)))
			n++
		}
		for i, o := range w.Blocks().PutAll(b.Context(), list) {
			if list[i] = o.Block; o.Err != nil {
				b.Fatal(o.Err)
			}
		}
		b.StartTimer()
		if err := errors.Join(w.Blocks().RemoveAll(b.Context(), list)...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFlood puts 20,000 blocks as fast as they are taken into a segment of
// fifty agents, and times meanwhile how long single blocks take to an agent of
// another segment. All of it shares the machine's processors.
func BenchmarkFlood(b *testing.B) {
	const agents, blocks, size = 50, 20_000, 500
	w := start(b, where{dir: b.TempDir()})
	var flooded []*gateway
	for i := range agents {
		name := fmt.Sprintf("edge-%d", i)
		w.enrol(b, name, "flood")
		flooded = append(flooded, w.follow(b, name))
	}
	w.enrol(b, "quiet", "quiet")
	quiet := w.follow(b, "quiet")
	for _, g := range append(flooded, quiet) {
		eventually(b, "the agent is linked", func() bool { return g.isLinked() && g.inStep(w, block.All) })
	}
	var times []time.Duration
	n := 0
	for b.Loop() {
		done := make(chan error, 1)
		go func() { done <- w.flood(b, n, blocks, size) }()
		n += blocks
		for len(done) == 0 {
			times = append(times, timeQuiet(b, w, quiet, len(times)))
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		for _, g := range flooded {
			eventually(b, "an agent is in step", func() bool { return g.inStep(w, "flood") })
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(blocks*agents*b.N)/b.Elapsed().Seconds(), "deltas/s")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "quiet-p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "quiet-p99-ms")
}

func (w *world) flood(b *testing.B, from, blocks, size int) error {
	for at := from; at < from+blocks; at += size {
		list := make([]block.Block, size)
		for i := range list {
			list[i] = blockOn("flood", address(at+i))
		}
		for _, o := range w.Blocks().PutAll(b.Context(), list) {
			if o.Err != nil {
				return o.Err
			}
		}
	}
	return nil
}

// timeQuiet times one block from its put to its agent.
func timeQuiet(b *testing.B, w *world, g *gateway, n int) time.Duration {
	began := time.Now()
	client := fmt.Sprintf("192.168.%d.%d", n>>8&255, n&255)
	w.put(b, blockOn("quiet", client))
	eventually(b, "the quiet agent refuses", func() bool { return g.denies(client) })
	return time.Since(began)
}
