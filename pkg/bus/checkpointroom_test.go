package bus

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// runsOut is a context that ends after it has been asked a number of times.
type runsOut struct {
	context.Context
	left int
}

func (c *runsOut) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// chunks counts the messages that hold parts of checkpoints of a name.
func (w *world) chunks(t *testing.T, name string) uint64 {
	t.Helper()
	s, err := w.js.Stream(t.Context(), checkpointStream)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context(), jetstream.WithSubjectFilter(chunkSubject(name, "*", "*")))
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	for _, messages := range info.State.Subjects {
		n += messages
	}
	return n
}

// bound gives checkpoints no more than so much room.
func (w *world) bound(t *testing.T, bytes int64) {
	t.Helper()
	s, err := w.js.Stream(t.Context(), checkpointStream)
	if err != nil {
		t.Fatal(err)
	}
	config := s.CachedInfo().Config
	config.MaxBytes = bytes
	if _, err := w.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// TestFailedCheckpointsTakeNoRoom: whatever a save fails on, the next one has as
// much room as it had.
func TestFailedCheckpointsTakeNoRoom(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		c := w.Checkpoints()
		data := bytes.Repeat([]byte("x"), 8*chunkBytes)
		w.bound(t, 12*chunkBytes)
		for range 3 {
			ctx := &runsOut{Context: t.Context(), left: 5}
			c.heads["respond"] = ownHead{} // it need not ask for it
			if err := c.Save(ctx, "respond", data); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("Save with too little time: %v", err)
			}
			if n := w.chunks(t, "respond"); n != 0 {
				t.Fatalf("%d chunks are left of what was not saved", n)
			}
		}
		if err := c.Save(t.Context(), "respond", data); err != nil {
			t.Fatal(err)
		}
		for range 2 { // there is no room for another one beside it
			if err := c.Save(t.Context(), "respond", data); !errors.Is(err, ingest.ErrFull) {
				t.Fatalf("Save without room: %v", err)
			}
		}
		if got, err := c.Load(t.Context(), "respond"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("Load = %d bytes, %v", len(got), err)
		}
		if n := w.chunks(t, "respond"); n != 8 {
			t.Errorf("%d chunks are left, want those of the one that was saved", n)
		}
	})
}

// TestLoadFreesWhatAKilledServiceLeft: chunks without a head.
func TestLoadFreesWhatAKilledServiceLeft(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	data := bytes.Repeat([]byte("x"), 2*chunkBytes)
	if err := w.Checkpoints().Save(t.Context(), "respond", data); err != nil {
		t.Fatal(err)
	}
	if err := newCheckpoints(w.Bus).saveChunks(t.Context(), "respond", &head{Generation: "killed"}, data); err != nil {
		t.Fatal(err)
	}
	if got, err := newCheckpoints(w.Bus).Load(t.Context(), "respond"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Load = %d bytes, %v", len(got), err)
	}
	if n := w.chunks(t, "respond"); n != 2 {
		t.Errorf("%d chunks after Load, want 2", n)
	}
}
