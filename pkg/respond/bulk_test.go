package respond

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func bulk(targets ...string) Bulk {
	b := Bulk{Reason: "a list", IdempotencyKey: "k1"}
	for _, target := range targets {
		item := asked(target)
		item.Reason = ""
		b.Items = append(b.Items, item)
	}
	return b
}

func TestBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		mustHandle(t, s, 1, touchBy("192.0.2.8", "r1", time.Now()))
		b := bulk("192.0.2.7", "198.51.100.7", "192.0.2.8", "user:alice", "2001:db8::/64", "12.0.0.0/8")
		b.Items = append(b.Items, AddBlock{})
		dry := b
		dry.DryRun = true
		if r, err := s.AddBlocks(t.Context(), analyst, dry); err != nil || r.Created != 0 || len(bus.List()) != 1 ||
			r.Items[0].Err != nil || !errors.Is(r.Items[2].Err, ErrExists) {
			t.Errorf("dry run: %+v, %v", r, err)
		}
		r, err := s.AddBlocks(t.Context(), analyst, b)
		if err != nil || r.Created != 2 || r.Failed != 5 || r.Batch == "" {
			t.Fatalf("%d made, %d failed, %v", r.Created, r.Failed, err)
		}
		for i, want := range []error{nil, ErrRefused, ErrExists, ErrInvalid, nil, ErrRefused, ErrInvalid} {
			if !errors.Is(r.Items[i].Err, want) {
				t.Errorf("item %d: %v, want %v", i, r.Items[i].Err, want)
			}
		}
		if made := r.Items[0].Block; made.Batch != r.Batch || made.Reason != "a list" || made.Revision == 0 {
			t.Errorf("made: %+v", made)
		}
		again, err := s.AddBlocks(t.Context(), analyst, b)
		if err != nil || again.Batch != r.Batch || again.Created != 0 || again.Items[0].Block.ID != r.Items[0].Block.ID {
			t.Errorf("again: %+v, %v", again, err)
		}
		b.Items = b.Items[:2]
		if _, err := s.AddBlocks(t.Context(), analyst, b); !errors.Is(err, ErrKeyUsed) {
			t.Errorf("the key for another list: %v", err)
		}
		if _, err := s.AddBlocks(t.Context(), analyst, Bulk{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("nothing: %v", err)
		}
	})
}

// A call of which only a part got through makes the rest when it is repeated,
// also after a restart.
func TestBulkGoesOn(t *testing.T) {
	for operations := range 7 {
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			s := start(t, bus)
			time.Sleep(1500 * time.Millisecond)
			b := bulk("192.0.2.1", "192.0.2.2", "192.0.2.3")
			bus.allow(operations)
			if r, err := s.AddBlocks(contextOf(t, time.Second), analyst, b); err == nil && operations < 4 {
				t.Errorf("with %d operations: %+v", operations, r)
			}
			bus.allow(0)
			s.stop()
			bus.allow(-1)
			s = start(t, bus)
			r, err := s.AddBlocks(t.Context(), analyst, b)
			if err != nil || r.Failed != 0 || len(bus.List()) != 3 || bus.puts != 3 {
				t.Errorf("after %d operations: %+v, %v, %d puts", operations, r, err, bus.puts)
			}
			time.Sleep(2 * time.Second)
			wantEvents(t, bus, "added 192.0.2.1", "added 192.0.2.2", "added 192.0.2.3")
		})
	}
}

func TestBulkIsJudgedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		traffic := fakeTraffic{}
		s := start(t, bus, func(o *Options) { o.Ledger.Traffic = traffic })
		var targets []string
		for i := range 10 {
			target := fmt.Sprintf("192.0.2.%d", i)
			traffic[target] = Day{Requests: 150, Successful: 150}
			targets = append(targets, target)
		}
		r, err := s.AddBlocks(t.Context(), analyst, bulk(append(targets, "198.51.100.7")...))
		if err != nil || r.Created != 0 || r.Failed != 1 || r.Approval == nil || len(r.Approval.Blocks) != 10 {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Approval.Because.Rule != "preview" {
			t.Errorf("because of %+v", r.Approval.Because)
		}
		made, err := s.Approve(t.Context(), second, Approving{ID: r.Approval.ID, Reason: "a botnet"})
		if err != nil || made.Created != 10 || made.Batch != r.Batch {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

// A list is no way around the preview for what memory does not count.
func TestTheStoreIsAskedAboutAList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		p := fakePreview{"user:(not kept)": {Successful: 5000}}
		s := start(t, bus, withKeys, func(o *Options) { o.Preview = p })
		r, err := s.AddBlocks(t.Context(), analyst, bulk("user:alice"))
		if err != nil || r.Approval == nil || len(r.Approval.Blocks) != 1 || r.Items[0].Ruling.Because.Rule != "preview" {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), withKeys, func(o *Options) { o.Preview = slowPreview{} })
		r, err := s.AddBlocks(t.Context(), analyst, bulk("user:a", "user:b", "fingerprint:t13d"))
		if err != nil || r.Created != 2 || r.Items[2].Ruling.Word != NeedsApproval {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestUndoBatch(t *testing.T) {
	for operations := -1; operations < 6; operations++ {
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			s := start(t, bus)
			if _, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.9")); err != nil {
				t.Fatal(err)
			}
			r, err := s.AddBlocks(t.Context(), analyst, bulk("192.0.2.1", "192.0.2.2", "192.0.2.3"))
			if err != nil {
				t.Fatal(err)
			}
			evidence := touchBy("192.0.2.1", "r1", time.Now())
			mustHandle(t, s, 1, evidence) // the batch covers it
			time.Sleep(2500 * time.Millisecond)
			bus.allow(operations)
			undone, err := s.UndoBatch(contextOf(t, time.Second), analyst, r.Batch, "the wrong list")
			if operations < 0 && (err != nil || len(undone.Removed) != 3) {
				t.Errorf("%+v, %v", undone, err)
			}
			if operations > 0 { // the journal has it: killed on the way, it is taken up again
				bus.allow(0)
				s.stop()
				bus.allow(-1)
				s = start(t, bus)
				synctest.Wait()
			}
			bus.allow(-1)
			if operations == 0 { // nothing has got through: it is for the caller to try again
				if _, err := s.UndoBatch(t.Context(), analyst, r.Batch, "the wrong list"); err != nil {
					t.Fatal(err)
				}
			}
			mustHandle(t, s, 2, evidence)
			if live := bus.List(); len(live) != 1 || live[0].Target.String() != "192.0.2.9" {
				t.Errorf("after %d operations live blocks are %+v", operations, live)
			}
			time.Sleep(2 * time.Second)
			wantEvents(t, bus, "added 192.0.2.1", "added 192.0.2.2", "added 192.0.2.3", "added 192.0.2.9",
				"removed 192.0.2.1", "removed 192.0.2.2", "removed 192.0.2.3")
			if _, err := s.UndoBatch(t.Context(), analyst, r.Batch, "again"); !errors.Is(err, ErrNotFound) {
				t.Errorf("undone twice: %v", err)
			}
			if r, err := s.AddBlocks(t.Context(), analyst, bulk("192.0.2.1", "192.0.2.2", "192.0.2.3")); err != nil || r.Created != 0 || !errors.Is(r.Items[0].Err, ErrKeyUsed) {
				t.Errorf("a repeated call brings an undone batch back: %+v, %v", r, err)
			}
		})
	}
}

func TestUndoEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r, err := s.AddBlocks(t.Context(), admin, bulk("12.0.0.0/8", "192.0.2.1"))
		if err != nil || r.Approval == nil || r.Created != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := s.UndoBatch(t.Context(), analyst, r.Batch, "no"); err != nil || len(s.Approvals()) != 0 {
			t.Errorf("%v, waiting: %+v", err, s.Approvals())
		}
		if _, err := s.UndoBatch(t.Context(), analyst, "", "all that are in no batch"); !errors.Is(err, ErrNotFound) {
			t.Errorf("no batch: %v", err)
		}
	})
}

func TestApprovedBlocksOfABatchAreUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r, err := s.AddBlocks(t.Context(), admin, bulk("12.0.0.0/8"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Approve(t.Context(), second, Approving{ID: r.Approval.ID, Reason: "yes"}); err != nil {
			t.Fatal(err)
		}
		if u, err := s.UndoBatch(t.Context(), analyst, r.Batch, "no"); err != nil || len(u.Removed) != 1 || len(bus.List()) != 0 {
			t.Errorf("%+v, %v", u, err)
		}
	})
}
