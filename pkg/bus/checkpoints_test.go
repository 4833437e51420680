package bus

import (
	"bytes"
	"errors"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestCheckpoints(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		c := w.Checkpoints()
		if _, err := c.Load(t.Context(), "store.lines"); !errors.Is(err, respond.ErrNotFound) {
			t.Fatalf("Load of nothing: %v, want ErrNotFound", err)
		}
		for _, data := range [][]byte{[]byte("small"), bytes.Repeat([]byte("large"), 1<<20), {}, []byte("last")} {
			if err := c.Save(t.Context(), "store.lines", data); err != nil {
				t.Fatal(err)
			}
			if got, err := c.Load(t.Context(), "store.lines"); err != nil || !bytes.Equal(got, data) {
				t.Errorf("Load = %d bytes, %v; saved %d", len(got), err, len(data))
			}
		}
		if err := c.Save(t.Context(), "other", []byte("other")); err != nil {
			t.Fatal(err)
		}
		s, err := w.js.Stream(t.Context(), checkpointStream)
		if err != nil {
			t.Fatal(err)
		}
		if n := s.CachedInfo().State.Msgs; n != 4 {
			t.Errorf("%d messages for two small checkpoints, want a head and a chunk each", n)
		}
	})
}

func TestCheckpointIsFenced(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	mine, theirs := w.Checkpoints(), newCheckpoints(w.Bus)
	for _, c := range []*Checkpoints{mine, theirs} {
		if err := c.Save(t.Context(), "respond", []byte("state")); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // who writes goes on trying
		if err := mine.Save(t.Context(), "respond", []byte("late")); !errors.Is(err, ingest.ErrFenced) {
			t.Errorf("Save after somebody else's: %v, want ErrFenced", err)
		}
	}
	if got, err := mine.Load(t.Context(), "respond"); err != nil || string(got) != "state" {
		t.Errorf("Load = %q, %v", got, err)
	}
	if err := mine.Save(t.Context(), "respond", []byte("taken over")); err != nil {
		t.Errorf("Save after Load: %v", err)
	}
}

func TestCheckpointWithoutItsAcknowledgementIsOurs(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	c := w.Checkpoints()
	if err := c.Save(t.Context(), "respond", []byte("one")); err != nil {
		t.Fatal(err)
	}
	before := c.heads["respond"].sequence
	if err := c.Save(t.Context(), "respond", []byte("two")); err != nil {
		t.Fatal(err)
	}
	c.heads["respond"] = ownHead{sequence: before, doubtful: true} // as if its acknowledgement were lost
	if err := c.Save(t.Context(), "respond", []byte("three")); err != nil {
		t.Errorf("Save after one without an acknowledgement: %v", err)
	}
}
