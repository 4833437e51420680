package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

func TestTracker(t *testing.T) {
	tr := newTracker()
	now := time.Now()
	old := now.Add(-2 * idleLife)
	for seq, subject := range []string{"", "a", "b", "a", "a", "b", "old"} {
		at := now
		if subject == "old" {
			at = old
		}
		if seq > 0 {
			tr.saw(subject, uint64(seq), at)
		}
	}
	f := func(floor uint64, want map[string]uint64) {
		t.Helper()
		if got := tr.processed(floor, now.Add(-idleLife)); !maps.Equal(got, want) {
			t.Errorf("floor %d: purge %v, want %v", floor, got, want)
		}
	}
	f(0, map[string]uint64{})
	f(1, map[string]uint64{})
	f(3, map[string]uint64{"a": 3})
	f(3, map[string]uint64{})
	f(6, map[string]uint64{"a": 4, "b": 5, "old": 7})
	tr.again("a")
	f(6, map[string]uint64{"a": 4})
}

// big makes a batch that does not compress.
func big(start int64) *event.Batch {
	b := batch(start, start+1)
	noise := make([]byte, 64<<10)
	state := uint32(start + 1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	b.SetText(event.Query, noise)
	b.EndRow()
	return b
}

func TestFullBusRefusesAndRecovers(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at, func(o *Options) { o.LinesBytes = 1 << 20 })
		p := w.Publisher(Local)
		last, n := uint64(0), int64(0)
		var err error
		for ; n < 100 && err == nil; n++ {
			var seq uint64
			if seq, err = p.Publish(t.Context(), big(n), last); err == nil {
				last = seq
			}
		}
		if !errors.Is(err, ingest.ErrFull) {
			t.Fatalf("after %d batches: %v, want ErrFull", n, err)
		}
		runTrim(t, w, func() uint64 { return last })
		eventually(t, "the same batch is taken after what was processed is freed", func() bool {
			_, err = p.Publish(t.Context(), big(n-1), last)
			return err == nil
		})
	})
}

func runTrim(t *testing.T, w *world, floor func() uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Trim(ctx, floor, floor) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestTrimKeepsTheLastOfEachFile(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	p := w.Publisher(Local)
	var seqs []uint64
	files := []string{"00000000000000a1", "00000000000000a2"}
	last := map[string]uint64{}
	for i := range int64(10) {
		b := batch(i, i+1)
		b.File = files[i%2]
		seq, err := p.Publish(t.Context(), b, last[b.File])
		if err != nil {
			t.Fatal(err)
		}
		last[b.File], seqs = seq, append(seqs, seq)
		if err := w.Record(t.Context(), "findings", fmt.Sprint(i), map[string]int64{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	var floor atomic.Uint64
	floor.Store(seqs[4])
	runTrim(t, w, floor.Load)
	left := func(name string) uint64 {
		s, err := w.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.Msgs
	}
	// Of the five processed ones the last of each file stays.
	eventually(t, "what was processed is freed", func() bool { return left(linesStream) == 7 && left(recordsStream) == 5 })
	floor.Store(seqs[9])
	eventually(t, "all but the last of each file is freed", func() bool { return left(linesStream) == 2 && left(recordsStream) == 0 })
	for _, file := range files {
		if mark, err := p.Last(t.Context(), "web", file); err != nil || mark.Sequence != last[file] {
			t.Errorf("last of %s = %+v, %v; want sequence %d", file, mark, err, last[file])
		}
	}
}
