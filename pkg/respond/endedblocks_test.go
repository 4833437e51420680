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
