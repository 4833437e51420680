package bus

import (
	"context"
	"errors"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

func publishOne(t testing.TB, p ingest.Publisher, start int64, after uint64) uint64 {
	t.Helper()
	seq, err := p.Publish(t.Context(), batch(start, start+1), after)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func TestPublishIsFenced(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge")
		for name, p := range map[string]ingest.Publisher{"local": w.Publisher(Local), "edge": w.follow(t, "edge")} {
			mark, err := p.Last(t.Context(), "web", testFile)
			if err != nil || mark != (ingest.Mark{}) {
				t.Fatalf("%s: Last of nothing = %+v, %v", name, mark, err)
			}
			first := publishOne(t, p, 0, 0)
			second := publishOne(t, p, 1, first)
			if _, err := p.Publish(t.Context(), batch(1, 2), first); !errors.Is(err, ingest.ErrFenced) {
				t.Errorf("%s: publishing twice: %v, want ErrFenced", name, err)
			}
			mark, err = p.Last(t.Context(), "web", testFile)
			want := ingest.Mark{Sequence: second, End: event.Position{Offset: 2, Line: 3}}
			if err != nil || mark != want {
				t.Errorf("%s: Last = %+v, %v, want %+v", name, mark, err, want)
			}
		}
		if got := w.consumed(t, 4); got[0].shipper == got[2].shipper {
			t.Errorf("shippers are not told apart: %+v", got)
		}
	})
}

type seen struct {
	seq     uint64
	shipper string
	start   int64
}

// consumed reads the first n batches.
func (w *world) consumed(t testing.TB, n int) []seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []seen
	err := w.Lines("test").Consume(ctx, 0, func(seq uint64, b *event.Batch) error {
		got = append(got, seen{seq, b.Shipper, b.Start})
		if len(got) == n {
			cancel()
		}
		return nil
	})
	if err != nil || len(got) != n {
		t.Fatalf("consumed %d of %d: %v", len(got), n, err)
	}
	return got
}
