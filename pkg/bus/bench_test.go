package bus

import (
	"fmt"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// rows is how many lines a batch of the benchmark has.
const rows = 4000

// realistic makes a batch of access log lines.
func realistic(file string, start int64) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "web", File: file, Start: start, End: start + 1, NextLine: 1}}
	for n := range rows {
		b.SetString(event.Method, "GET")
		b.SetString(event.Path, fmt.Sprintf("/api/v1/orders/%d/items", n*7919%100_000))
		b.SetString(event.UserAgent, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36")
		b.SetNumber(event.Status, 200)
		b.SetNumber(event.ResponseBytes, int64(n*31%9000))
		b.EndRow()
	}
	return b
}

// BenchmarkPublish encodes and publishes batches of 4,000 lines from several
// files, each synced to disk.
func BenchmarkPublish(b *testing.B) {
	for _, files := range []int{1, 4} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			w := start(b, where{dir: b.TempDir()})
			p := w.Publisher(Local)
			b.ResetTimer()
			var wg sync.WaitGroup
			for f := range files {
				wg.Go(func() { publishFile(b, p, fmt.Sprintf("%016x", f), b.N/files+1) })
			}
			wg.Wait()
			b.ReportMetric(float64(rows*files*(b.N/files+1))/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

func publishFile(b *testing.B, p *Publisher, file string, n int) {
	batch := realistic(file, 0)
	last := uint64(0)
	for range n {
		seq, err := p.Publish(b.Context(), batch, last)
		if err != nil {
			b.Error(err)
			return
		}
		last = seq
	}
}
