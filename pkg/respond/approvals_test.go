package respond

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// waits has an admin ask for what takes a second person.
func waits(t *testing.T, s *running, target string) *Approval {
	t.Helper()
	r := asked(target)
	r.IdempotencyKey = target
	a, err := s.AddBlock(t.Context(), admin, r)
	if err != nil || a.Created || a.Approval == nil || a.Ruling.Word != NeedsApproval {
		t.Fatalf("%s: %+v, %v; want an approval", target, a, err)
	}
	return a.Approval
}

func TestApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		a := waits(t, s, "12.0.0.0/8")
		if again := waits(t, s, "12.0.0.0/8"); again.ID != a.ID || len(s.Approvals()) != 1 {
			t.Errorf("asked again: %+v", s.Approvals())
		}
		other := asked("12.0.0.0/7")
		other.IdempotencyKey = "12.0.0.0/8"
		if other, err := s.AddBlock(t.Context(), admin, other); !errors.Is(err, ErrKeyUsed) {
			t.Errorf("the key for another target: %+v, %v", other, err)
		}
		var refusal *Refusal
		if _, err := s.Approve(t.Context(), admin, Approving{ID: a.ID, Reason: "yes"}); !errors.As(err, &refusal) || refusal.Rule != "second-person" {
			t.Errorf("by the same person: %v", err)
		}
		if len(bus.List()) != 0 {
			t.Fatal("it was made without a second person")
		}
		time.Sleep(time.Hour)
		r, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Reason: "seen it too"})
		if err != nil || r.Created != 1 || r.Failed != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		made := bus.List()[0]
		if made.ApprovedBy != "token:second" || made.By != "token:root" || time.Since(made.CreatedAt) > time.Second {
			t.Errorf("made: %+v", made)
		}
		if _, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Reason: "again"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("approved twice: %v", err)
		}
		wantEvents(t, bus, "added 12.0.0.0/8", "pending 12.0.0.0/8")
	})
}

func TestApprovalSurvivesAndLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		time.Sleep(1500 * time.Millisecond) // between two checkpoints
		a := waits(t, s, "12.0.0.0/8")
		bus.allow(0) // killed: no checkpoint holds it
		s.stop()
		bus.allow(-1)
		s = start(t, bus)
		if list := s.Approvals(); len(list) != 1 || list[0].ID != a.ID {
			t.Fatalf("after a crash: %+v", list)
		}
		time.Sleep(24*time.Hour + 2*time.Second)
		if list := s.Approvals(); len(list) != 0 {
			t.Errorf("a day later: %+v", list)
		}
		if _, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Reason: "late"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("approved too late: %v", err)
		}
		time.Sleep(2 * time.Second)
		wantEvents(t, bus, "lapsed 12.0.0.0/8", "pending 12.0.0.0/8")
	})
}

// A decision that a checkpoint does not hold is not forgotten either.
func TestADecisionIsNotTakenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		rejected, approved := waits(t, s, "12.0.0.0/8"), waits(t, s, "13.0.0.0/8")
		time.Sleep(2500 * time.Millisecond)
		if _, err := s.Reject(t.Context(), admin, rejected.ID, "no need"); err != nil { // the asker may
			t.Fatal(err)
		}
		if _, err := s.Approve(t.Context(), second, Approving{ID: approved.ID, Reason: "yes"}); err != nil {
			t.Fatal(err)
		}
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		s = start(t, bus)
		if list := s.Approvals(); len(list) != 0 {
			t.Errorf("they wait again: %+v", list)
		}
		repeated := asked("12.0.0.0/8")
		repeated.IdempotencyKey = "12.0.0.0/8"
		if a, err := s.AddBlock(t.Context(), admin, repeated); !errors.Is(err, ErrKeyUsed) || !strings.Contains(err.Error(), "rejected") {
			t.Errorf("a retry of what was rejected: %+v, %v", a, err)
		}
		time.Sleep(2 * time.Second)
		wantEvents(t, bus, "added 13.0.0.0/8", "pending 12.0.0.0/8", "pending 13.0.0.0/8", "rejected 12.0.0.0/8")
	})
}

// What is protected by the time of the approval is not blocked.
func TestApprovalDoesNotOverruleTheGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := func(protect func(), by Caller, rule string) {
			t.Helper()
			a := waits(t, s, "12.0.0.0/8")
			protect()
			r, err := s.Approve(t.Context(), by, Approving{ID: a.ID, Reason: "yes"})
			var refusal *Refusal
			if err != nil || r.Created != 0 || r.Failed != 1 || !errors.As(r.Items[0].Err, &refusal) || refusal.Rule != rule {
				t.Errorf("%+v, %v; want %q", r, err, rule)
			}
		}
		inside := Caller{Name: "inside", Address: netip.MustParseAddr("12.5.6.7")}
		f(func() {}, inside, "caller")
		f(func() {
			r := asked("12.0.0.0/7")
			r.Action = block.Allow
			a, err := s.AddBlock(t.Context(), admin, r)
			if err == nil {
				_, err = s.Approve(t.Context(), second, Approving{ID: a.Approval.ID, Reason: "ours"})
			}
			if err != nil {
				t.Fatal(err)
			}
		}, second, "exemption")
	})
}

// Who decides on what somebody else is deciding on is told so, and not that it
// was done; and nobody keeps others from it for longer than it takes.
func TestDecidingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		a := waits(t, s, "12.0.0.0/8")
		_, done, err := s.beginDeciding(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Reject(t.Context(), analyst, a.ID, "no"); !errors.Is(err, ErrDeciding) {
			t.Errorf("%v", err)
		}
		if _, err := s.Approve(t.Context(), second, Approving{ID: a.ID, Reason: "yes"}); !errors.Is(err, ErrDeciding) {
			t.Errorf("%v", err)
		}
		done()
		bus.allow(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Approve(ctx, second, Approving{ID: a.ID, Reason: "yes"}); err == nil {
			t.Error("approved with the bus away")
		}
		bus.allow(-1)
		if _, err := s.Reject(t.Context(), analyst, a.ID, "no"); err != nil {
			t.Errorf("%v", err)
		}
	})
}
