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
		if n := s.CachedInfo().State.Msgs; n != 2 {
			t.Errorf("%d messages for two small checkpoints, want a head each", n)
		}
	})
}

// TestSmallCheckpointAfterALargeOne: whoever saved before, and whatever came
// of it, a small checkpoint leaves no chunks behind.
func TestSmallCheckpointAfterALargeOne(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	large := bytes.Repeat([]byte("large"), inlineBytes)
	for name, before := range map[string]func(c *Checkpoints) error{
		"own":     func(c *Checkpoints) error { return c.Save(t.Context(), "own", large) },
		"another": func(*Checkpoints) error { return newCheckpoints(w.Bus).Save(t.Context(), "another", large) },
		"unfinished": func(c *Checkpoints) error {
			return errors.Join(c.Save(t.Context(), "unfinished", []byte("x")), c.saveChunks(t.Context(), "unfinished", &head{Generation: "g"}, large))
		},
		"taken over": func(c *Checkpoints) error {
			err := errors.Join(c.Save(t.Context(), "taken over", []byte("x")), newCheckpoints(w.Bus).Save(t.Context(), "taken over", large))
			_, loadErr := c.Load(t.Context(), "taken over")
			return errors.Join(err, loadErr)
		},
	} {
		c := w.Checkpoints()
		if err := before(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range []string{"one", "two"} {
			if err := c.Save(t.Context(), name, []byte(text)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got, err := newCheckpoints(w.Bus).Load(t.Context(), name); err != nil || string(got) != "two" {
			t.Errorf("%s: Load = %q, %v", name, got, err)
		}
	}
	s, err := w.js.Stream(t.Context(), checkpointStream)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CachedInfo().State.Msgs; n != 4 {
		t.Errorf("%d messages for four small checkpoints", n)
	}
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
