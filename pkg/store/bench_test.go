package store

import (
	"context"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// endless is a stream that has as many batches as are asked for at once.
type endless struct {
	batches []*event.Batch
	count   uint64
}

func (e *endless) Consume(ctx context.Context, after uint64, fn func(uint64, *event.Batch) error) error {
	for after < e.count {
		after++
		if err := fn(after, e.batches[after%uint64(len(e.batches))]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// BenchmarkWriter stores batches of 4,000 combined lines in the real engine.
func BenchmarkWriter(b *testing.B) {
	const rows = 4000
	s, _ := migrated(b)
	src := &endless{count: uint64(b.N)}
	for i := range 16 {
		src.batches = append(src.batches, makeBatch(i%4, i*rows, rows))
	}
	r := newRig()
	w, err := s.NewWriter(WriterOptions{
		Lines: src, Records: r.records, Checkpoints: r.checkpoints, DeadLines: r.bury("lines"), DeadRecords: r.bury("records"),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ResetTimer()
	go func() { _ = w.Run(ctx) }()
	eventually(b, "all lines stored", func() bool { return w.LinesDone() == src.count })
	b.StopTimer()
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEncode makes the block of an insert from batches.
func BenchmarkEncode(b *testing.B) {
	const rows = 4000
	l, batch := newLines(), makeBatch(0, 0, rows)
	for range b.N {
		l.reset()
		for range 16 {
			l.add(batch)
		}
		l.inserts()
	}
	b.ReportMetric(float64(b.N*16*rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportAllocs()
}
