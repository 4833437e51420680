package respond

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// What a rule's block has grown to is not approved by who has looked at less.
func TestWhatHasGrownIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		var traffic fakeTraffic
		s := start(t, bus, busy, func(o *Options) { traffic = o.Ledger.Traffic.(fakeTraffic) })
		f := func(want string, change func(*finding.Finding)) {
			t.Helper()
			seen := s.Approvals()[0].Revision
			next := scrapeBy("12.0.0.7", finding.NewID(want, seen), time.Now())
			change(&next)
			mustHandle(t, s, s.Sequence()+1, next)
			var grown *Grown
			_, err := s.Approve(t.Context(), analyst, Approving{ID: s.Approvals()[0].ID, Revision: seen, Reason: "a scraper"})
			switch {
			case want == "" && err != nil:
				t.Errorf("more of the same: %v", err)
			case want != "" && (!errors.As(err, &grown) || !strings.Contains(strings.Join(grown.Changed, "; "), want) || grown.Approval.Revision == seen):
				t.Errorf("%q: %v, %+v", want, err, grown)
			}
		}
		mustHandle(t, s, 1, scrapeBy("12.0.0.7", "first", time.Now()))
		if told := approval(bus); !strings.Contains(told, "--revision "+s.Approvals()[0].Revision) {
			t.Errorf("told: %q", told)
		}
		f("drop in mode enforce, and not deny", func(f *finding.Finding) { f.Wanted.Action = "drop" })
		f("tier page, and not notify", func(f *finding.Finding) { f.Tier = finding.Page })
		traffic["12.0.0.7"] = Day{Requests: 30_000, Successful: 20_000, Principals: 1}
		f("20000 successful requests of 1 principals in the last day, and not 5000", func(*finding.Finding) {})
		if made := bus.List(); len(made) != 0 {
			t.Fatalf("made: %+v", made)
		}
		// More of the same is what was looked at.
		f("", func(*finding.Finding) {})
		if made := bus.List(); len(made) != 1 || made[0].Action != block.Drop {
			t.Errorf("made: %+v", made)
		}
	})
}

// A revision that nobody knows is none of what waits now.
func TestUnknownRevision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		a := waits(t, s, "12.0.0.0/8")
		var grown *Grown
		if _, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Revision: "0", Reason: "x"}); !errors.As(err, &grown) || grown.Changed != nil {
			t.Errorf("%v", err)
		}
		if r, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Revision: a.Revision, Reason: "x"}); err != nil || r.Created != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// After a crash the same evidence makes the same revisions, and what an older
// version has left gets one.
func TestRevisionsOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		time.Sleep(1500 * time.Millisecond)
		before := bus.saved("respond")
		list := []finding.Finding{scrapeBy("12.0.0.7", "r1", time.Now()), scrapeBy("12.0.0.7", "r2", time.Now())}
		list[1].Wanted.Action = "drop"
		mustHandle(t, s, 1, list[0])
		mustHandle(t, s, 2, list[1])
		seen := s.Approvals()[0]
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		bus.rewind("respond", before)
		s = start(t, bus, busy)
		mustHandle(t, s, 1, list[0])
		mustHandle(t, s, 2, list[1])
		if again := s.Approvals()[0]; again.Revision != seen.Revision || len(again.Looks) != 2 {
			t.Errorf("%+v, before %+v", again, seen)
		}
		l := NewLedger(LedgerOptions{})
		old := seen
		old.Revision, old.Looks = "", nil
		l.keepWaiting(old.ID, &old)
		if l.approvals[seen.ID].Revision != seen.Revision {
			t.Errorf("of an older version: %+v", l.approvals)
		}
	})
}

// The same list imported twice waits once, whoever imports it.
func TestTheSameWaitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		list := func(targets ...string) Bulk {
			r := Bulk{Reason: "botnet"}
			for _, target := range targets {
				r.Items = append(r.Items, asked(target))
			}
			return r
		}
		f := func(by Caller, r Bulk, approvals int, already bool) BulkResult {
			t.Helper()
			time.Sleep(time.Second)
			done, err := s.AddBlocks(t.Context(), by, r)
			if err != nil || done.Approval == nil || done.Already != already || len(s.Approvals()) != approvals {
				t.Fatalf("%+v, %v; %d wait", done, err, len(s.Approvals()))
			}
			return done
		}
		first := f(admin, list("12.0.0.0/8", "13.0.0.0/8", "192.0.2.7"), 1, false)
		again := f(admin, list("12.0.0.0/8", "13.0.0.0/8", "192.0.2.7"), 1, true)
		if again.Approval.ID != first.Approval.ID || again.Created != 0 || again.Approval.Blocks[0].Batch != first.Batch {
			t.Errorf("again: %+v", again)
		}
		other := f(Caller{Name: "other", Admin: true}, list("12.0.0.0/8", "13.0.0.0/8"), 1, true)
		if other.Approval.By != "root" {
			t.Errorf("by another: %+v", other.Approval)
		}
		f(admin, list("12.0.0.0/8"), 2, false)
		dry := list("12.0.0.0/8", "13.0.0.0/8")
		dry.DryRun = true
		f(admin, dry, 2, true)
		if r, err := s.Approve(t.Context(), second, Approving{ID: first.Approval.ID, Reason: "yes"}); err != nil || r.Created != 2 {
			t.Fatalf("%+v, %v", r, err)
		}
		// What is made by then waits no more.
		done, err := s.AddBlocks(t.Context(), admin, list("12.0.0.0/8", "13.0.0.0/8"))
		if err != nil || done.Approval != nil || !errors.Is(done.Items[0].Err, ErrExists) {
			t.Errorf("after the approval: %+v, %v", done, err)
		}
		if _, err := s.AddBlock(t.Context(), admin, asked("12.0.0.0/8")); !errors.Is(err, ErrExists) {
			t.Errorf("alone: %v", err)
		}
	})
}

// Two who ask for the same at once do not make two of it.
func TestTheSameAtTheSameMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		ids := make(chan string, 8)
		for n := range cap(ids) {
			go func() {
				r := asked("12.0.0.0/8")
				r.IdempotencyKey = fmt.Sprint(n)
				a, err := s.AddBlock(t.Context(), admin, r)
				if err != nil || a.Approval == nil {
					t.Errorf("%+v, %v", a, err)
					ids <- ""
					return
				}
				ids <- a.Approval.ID
			}()
		}
		distinct := map[string]bool{}
		for range cap(ids) {
			distinct[<-ids] = true
		}
		if len(distinct) != 1 || len(s.Approvals()) != 1 {
			t.Errorf("%v", slices.Collect(maps.Keys(distinct)))
		}
	})
}

// Who asks for what a rule's block waits for is told of that.
func TestWhoAsksIsToldOfARulesBlockThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), busy)
		mustHandle(t, s, 1, scrapeBy("12.0.0.7", "first", time.Now()))
		r := asked("12.0.0.7")
		r.DryRun = true
		a, err := s.AddBlock(t.Context(), admin, r)
		if err != nil || !strings.Contains(strings.Join(a.Ruling.Warnings, ""), "honeymoat blocks approve "+s.Approvals()[0].ID) {
			t.Errorf("%+v, %v", a.Ruling, err)
		}
	})
}
