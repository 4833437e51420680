package respond

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestEndedBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		a, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.7"))
		if err != nil {
			t.Fatal(err)
		}
		if list := s.EndedBlocks(); len(list) != 0 {
			t.Errorf("over while it lives: %+v", list)
		}
		if _, err := s.RemoveBlock(t.Context(), analyst, a.Block.ID, "ours"); err != nil {
			t.Fatal(err)
		}
		if list := s.EndedBlocks(); len(list) != 1 || list[0].ID != a.Block.ID {
			t.Errorf("over are %+v", list)
		}
		at := s.EndedAfter(a.Block.CreatedAt.Add(-time.Second))
		if len(at) != 1 || at[0].Reason != "ours" || len(s.EndedAfter(at[0].At)) != 0 {
			t.Errorf("ended with times: %+v", at)
		}
	})
}

// Whoever follows the blocklist was told that a block had come, and has to hear
// of its end although a crash came before any checkpoint knew of either.
func TestWhatCameAndWentBeforeACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		time.Sleep(2500 * time.Millisecond)
		a, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.7"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.AddBlocks(t.Context(), analyst, bulk("192.0.2.1", "192.0.2.2"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RemoveBlock(t.Context(), analyst, a.Block.ID, "ours"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UndoBatch(t.Context(), analyst, r.Batch, "the wrong list"); err != nil {
			t.Fatal(err)
		}
		again, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.1"))
		if err != nil {
			t.Fatal(err)
		}
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		s = start(t, bus)
		time.Sleep(2 * time.Second)
		if list := s.EndedBlocks(); len(list) != 3 {
			t.Errorf("over are %+v", list)
		}
		if held, live := s.ledger.Held(again.Block.ID); !live || held.Block.Target.String() != "192.0.2.1" {
			t.Errorf("what came after is held as %+v, %v", held, live)
		}
		wantEvents(t, bus, "added 192.0.2.1", "added 192.0.2.1", "added 192.0.2.2", "added 192.0.2.7",
			"removed 192.0.2.1", "removed 192.0.2.2", "removed 192.0.2.7")
	})
}
