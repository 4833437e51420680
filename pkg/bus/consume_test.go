package bus

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestBadBatchesBecomeDeadLetters(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		var told atomic.Int64
		w := start(t, at, func(o *Options) { o.OnDead = func(string, string) { told.Add(1) } })
		p := w.Publisher(Local)
		first := publishOne(t, p, 0, 0)
		forged := batch(1, 2)
		forged.File = "00000000000000bb"
		subject := linesSubject(Local, "web", testFile)
		if err := p.encoders.with(forged, func(data []byte) error {
			_, err := w.js.Publish(t.Context(), subject, data)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ack, err := w.js.Publish(t.Context(), subject, []byte("garbage"))
		if err != nil {
			t.Fatal(err)
		}
		last := publishOne(t, p, 2, ack.Sequence)
		if got := w.failing(t, first, last); !slices.Equal(got, []int64{2}) {
			t.Errorf("batches handled %v, want that at 2", got)
		}
		s, err := w.js.Stream(t.Context(), deadStream)
		if err != nil {
			t.Fatal(err)
		}
		if n := s.CachedInfo().State.Msgs; n != 3 || told.Load() != 3 {
			t.Errorf("%d dead letters, %d told; want 3", n, told.Load())
		}
	})
}

// What an agent sends may be quoted in the error: it must not become a letter
// that is too large, at which the consumer would stand for ever.
func TestALongReasonStopsNobody(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	p := w.Publisher(Local)
	first := publishOne(t, p, 0, 0)
	last := publishOne(t, p, 1, first)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reached := false
	err := w.Lines("test").Consume(ctx, 0, func(seq uint64, _ *event.Batch) error {
		if seq == first {
			return errors.New(strings.Repeat("x", 8<<20))
		}
		reached = seq == last
		cancel()
		return nil
	})
	if err != nil || !reached {
		t.Errorf("the batch after it was reached: %v, %v", reached, err)
	}
}

func TestBuryingWhatIsGone(t *testing.T) {
	var told atomic.Int64
	w := start(t, where{dir: t.TempDir()}, func(o *Options) { o.OnDead = func(string, string) { told.Add(1) } })
	if err := w.Lines("test").Bury(t.Context(), 7, "refused"); err != nil || told.Load() != 1 {
		t.Errorf("Bury of a message that is gone: %v, told %d times", err, told.Load())
	}
}

// failing consumes up to a sequence with a function that never takes bad.
func (w *world) failing(t *testing.T, bad, upTo uint64) (starts []int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := w.Lines("test").Consume(ctx, 0, func(seq uint64, b *event.Batch) error {
		if seq == bad {
			return errors.New("out of order")
		}
		starts = append(starts, b.Start)
		if seq == upTo {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return starts
}

func TestPositionBeyondTheEndIsRefused(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	err := w.Lines("store").Consume(t.Context(), 7, func(uint64, *event.Batch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "beyond the stream's end") {
		t.Errorf("Consume after 7 of an empty stream: %v", err)
	}
}

func TestRecordsReachTheirConsumer(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		row := map[string]string{"id": "one"}
		for range 2 { // the second is the same record
			if err := w.Record(t.Context(), respond.Findings, "a.b c", row, row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Record(t.Context(), respond.AuditLog, "next", row); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var tables []string
		err := w.Records("test").Consume(ctx, 0, func(_ uint64, table, id string, rows []byte) error {
			tables = append(tables, table)
			if table == string(respond.Findings) && (id == "" || bytes.Count(rows, []byte("\n")) != 2) {
				t.Errorf("record %q has rows %q", id, rows)
			}
			if table == string(respond.AuditLog) {
				cancel()
			}
			return nil
		})
		if err != nil || !slices.Equal(tables, []string{"findings", "audit"}) {
			t.Errorf("records of tables %v, %v", tables, err)
		}
	})
}

func TestManyRowsAreSpreadOverMessages(t *testing.T) {
	row := strings.Repeat("x", 1<<20)
	parts, err := encodeRows([]any{row, row, row, row})
	if err != nil || len(parts) != 2 {
		t.Fatalf("%d parts, %v; want 2", len(parts), err)
	}
	if lines := bytes.Count(bytes.Join(parts, nil), []byte("\n")); lines != 4 {
		t.Errorf("%d rows, want 4", lines)
	}
	if _, err := encodeRows([]any{strings.Repeat("x", maxRecord)}); err == nil {
		t.Error("a row larger than a message is taken")
	}
}
