package respond

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAListRenewsItsOwnBlocks: what a list says again lasts longer; what a
// person has decided stands.
func TestAListRenewsItsOwnBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		list := Caller{Name: "list:bad", Role: "list", By: "list:bad"}
		f := func(by Caller, target string, life time.Duration) error {
			t.Helper()
			<-time.After(time.Second) // calls of one moment are one call
			add := asked(target)
			add.Lifetime = life
			result, err := s.AddBlocks(t.Context(), by, Bulk{Items: []AddBlock{add}})
			if err != nil {
				t.Fatal(err)
			}
			return result.Items[0].Err
		}
		if err := f(list, "192.0.2.7", time.Hour); err != nil {
			t.Error(err)
		}
		if err := f(list, "192.0.2.7", 2*time.Hour); err != nil {
			t.Errorf("renewed: %v", err)
		}
		if err := f(list, "192.0.2.7", time.Hour); !errors.Is(err, ErrExists) {
			t.Errorf("for less: %v", err)
		}
		if blocks := bus.List(); len(blocks) != 1 || blocks[0].Lifetime() != 2*time.Hour || blocks[0].By != "list:bad" {
			t.Errorf("%+v", blocks)
		}
		if err := f(analyst, "192.0.2.8", time.Hour); err != nil {
			t.Error(err)
		}
		if err := f(list, "192.0.2.8", 2*time.Hour); !errors.Is(err, ErrExists) {
			t.Errorf("over a person's block: %v", err)
		}
		if err := f(Caller{Name: "list:other", By: "list:other"}, "192.0.2.7", 9*time.Hour); !errors.Is(err, ErrExists) {
			t.Errorf("over another list's block: %v", err)
		}
	})
}
