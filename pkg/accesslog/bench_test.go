package accesslog

import (
	"bytes"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// benchmark reads a log over and over, on one core: bytes, lines and
// allocations.
func benchmark(b *testing.B, o Options, log string) {
	b.Helper()
	r, err := NewReader(o)
	if err != nil {
		b.Fatal(err)
	}
	const times = 500
	chunk := []byte(strings.Repeat(log+"\n", times))
	lines := bytes.Count(chunk, []byte{'\n'})
	batch := &event.Batch{}
	r.ReadChunk(chunk, event.Position{Line: 1}, batch) // the batch has its memory from here on
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		batch.Received = received
		r.ReadChunk(chunk, event.Position{Line: 1}, batch)
	}
	if batch.Rows() == 0 || len(batch.Rejected) > 0 {
		b.Fatalf("%d rows and %d rejected", batch.Rows(), len(batch.Rejected))
	}
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkFormats reads the sample of each format that needs no pattern.
func BenchmarkFormats(b *testing.B) {
	for format, log := range sampleLogs() {
		b.Run(format, func(b *testing.B) { benchmark(b, Options{Format: format}, log) })
	}
}
