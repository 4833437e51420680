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
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var analyst = Caller{Name: "analyst", Role: "analyst", Address: netip.MustParseAddr("192.0.2.50")}

func asked(target string) AddBlock {
	criteria, err := block.ParseCriteria(target)
	if err != nil {
		panic(err)
	}
	return AddBlock{Criteria: criteria, Lifetime: time.Hour, Reason: "asked for"}
}

func TestAddBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		dry := asked("192.0.2.0/28")
		dry.DryRun = true
		if a, err := s.AddBlock(t.Context(), analyst, dry); err != nil || a.Created || a.Block.ID == 0 || a.Ruling.Word != Allowed || len(bus.List()) != 0 {
			t.Errorf("dry run: %+v, %v", a, err)
		}
		r := asked("192.0.2.0/28")
		r.IdempotencyKey = "k1"
		a, err := s.AddBlock(t.Context(), analyst, r)
		b := a.Block
		if err != nil || !a.Created || b.Revision == 0 || b.By != "token:analyst" || b.Segment != block.All {
			t.Fatalf("%+v, %v", a, err)
		}
		again, err := s.AddBlock(t.Context(), analyst, r)
		if err != nil || again.Created || again.Block.ID != b.ID {
			t.Errorf("repeated: %+v, %v", again, err)
		}
		r.Criteria = asked("192.0.2.99").Criteria
		if _, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, ErrInvalid) || !errors.Is(err, ErrKeyUsed) {
			t.Errorf("the key for another target: %v", err)
		}
		if held, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.0/28")); !errors.Is(err, ErrExists) || held.Block.ID != b.ID {
			t.Errorf("blocked twice: %+v, %v", held, err)
		}
		wantEvents(t, bus, "added 192.0.2.0/28")
		if n := bus.count(AuditLog); n != 5 {
			t.Errorf("%d entries in the audit, want 5", n)
		}
	})
}

// Whoever reads the audit must not believe that the block is another now.
func TestAKeyIsForOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		first := asked("192.0.2.7")
		first.IdempotencyKey = "k1"
		if _, err := s.AddBlock(t.Context(), analyst, first); err != nil {
			t.Fatal(err)
		}
		for what, change := range map[string]func(r *AddBlock){
			"lifetime": func(r *AddBlock) { r.Lifetime *= 2 },
			"reason":   func(r *AddBlock) { r.Reason = "another" },
			"mode":     func(r *AddBlock) { r.Mode = block.Shadow },
			"action":   func(r *AddBlock) { r.Action = block.Drop },
			"terms":    func(r *AddBlock) { r.Terms = &block.Terms{Status: 429} },
			"segment":  func(r *AddBlock) { r.Segment = "eu" },
		} {
			r := first
			change(&r)
			if _, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, ErrKeyUsed) || !strings.Contains(err.Error(), "192.0.2.7") {
				t.Errorf("the key for another %s: %v", what, err)
			}
		}
		same := first
		same.Terms = &block.Terms{}
		if a, err := s.AddBlock(t.Context(), analyst, same); err != nil || a.Created {
			t.Errorf("the same in other words: %+v, %v", a, err)
		}
		time.Sleep(2 * time.Second)
		bus.mu.Lock()
		defer bus.mu.Unlock()
		done := 0
		for _, row := range bus.rows[AuditLog] {
			if strings.Contains(string(row), `"outcome":"done"`) {
				done++
			}
		}
		if done != 2 {
			t.Errorf("%d of %d requests are audited as done, want 2", done, len(bus.rows[AuditLog]))
		}
	})
}

func TestAddBlockAgainAfterALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r := asked("192.0.2.0/28")
		r.IdempotencyKey = "k1"
		first, err := s.blockAsked(analyst, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bus.Put(t.Context(), first); err != nil { // its answer never came
			t.Fatal(err)
		}
		a, err := s.AddBlock(t.Context(), analyst, r)
		if err != nil || a.Created || a.Block.ID != first.ID {
			t.Errorf("%+v, %v", a, err)
		}
		wantEvents(t, bus, "added 192.0.2.0/28")
	})
}

func TestAddBlockFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := func(target string, change func(*AddBlock), want error) {
			t.Helper()
			r := asked(target)
			change(&r)
			if a, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, want) || a.Created {
				t.Errorf("%s: %v, want %v", target, err, want)
			}
		}
		same := func(*AddBlock) {}
		f("10.0.0.0/8", same, ErrRefused)
		f("192.0.2.50", same, ErrRefused)
		f("198.51.100.1", same, ErrRefused)
		f("192.0.2.7", func(r *AddBlock) { r.Lifetime = 0 }, ErrInvalid)
		f("192.0.2.7", func(r *AddBlock) { r.Lifetime = 400 * 24 * time.Hour }, ErrInvalid)
		f("192.0.2.7", func(r *AddBlock) { r.Reason = "" }, ErrInvalid)
		f("192.0.2.7", func(r *AddBlock) { r.Segment = "No Such" }, ErrInvalid)
		f("192.0.2.7", func(r *AddBlock) { r.Criteria = nil }, ErrInvalid)
		if bus.puts != 0 || bus.count(AuditLog) != 8 {
			t.Errorf("%d puts, %d audited", bus.puts, bus.count(AuditLog))
		}
	})
}

func TestRemovedBlockStaysRemoved(t *testing.T) {
	for _, crash := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			s := start(t, bus)
			touch, second := touchBy("192.0.2.7", "r1", time.Now()), touchBy("192.0.2.7", "r2", time.Now())
			mustHandle(t, s, 1, touch, second)
			before := bus.saved("respond") // a checkpoint from before the removal, if any
			// Between two checkpoints: one that holds the removal takes it out of
			// the journal, and then cannot be taken back by a crash.
			time.Sleep(10*time.Second + 500*time.Millisecond)
			b, err := s.RemoveBlock(t.Context(), analyst, bus.List()[0].ID, "mistake")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.RemoveBlock(t.Context(), analyst, b.ID, "again"); !errors.Is(err, ErrNotFound) {
				t.Errorf("removed twice: %v", err)
			}
			if crash {
				bus.allow(0)
				s.stop()
				bus.allow(-1)
				bus.rewind("respond", before)
				s = start(t, bus)
			}
			mustHandle(t, s, 1, touch, second)
			if len(bus.List()) != 0 {
				t.Errorf("crash %v: the block is back", crash)
			}
			time.Sleep(2 * time.Second)
			wantEvents(t, bus, "added 192.0.2.7", "removed 192.0.2.7")
			mustHandle(t, s, 2, touchBy("192.0.2.7", "r3", time.Now()))
			if len(bus.List()) != 1 {
				t.Errorf("crash %v: new evidence does not block", crash)
			}
		})
	}
}

func TestDiscardLiftsBlockAndAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		touch := touchBy("192.0.2.7", "r1", time.Now())
		mustHandle(t, s, 1, touch, touchBy("192.0.2.8", "r2", time.Now()))
		d, err := s.DiscardFinding(t.Context(), analyst, touch.ID, "our scanner", 0)
		if err != nil || d.Rule != touch.Rule || d.Actor != touch.Actor {
			t.Fatalf("%+v, %v", d, err)
		}
		wantEvents(t, bus, "added 192.0.2.7", "added 192.0.2.8", "removed 192.0.2.7")
		wantRaised(t, bus, map[string]string{"192.0.2.8": "log"})
		mustHandle(t, s, 2, touchBy("192.0.2.7", "r3", time.Now()))
		if len(bus.List()) != 1 {
			t.Error("a discarded finding blocks")
		}
		s.stop()
		s = start(t, bus)
		if got := s.Discards(); len(got) != 1 || got[0].ID != d.ID {
			t.Errorf("discards after a restart: %+v", got)
		}
		if err := s.RemoveDiscard(t.Context(), analyst, d.ID); err != nil {
			t.Error(err)
		}
		if err := s.RemoveDiscard(t.Context(), analyst, d.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		mustHandle(t, s, 3, touchBy("192.0.2.7", "r4", time.Now()))
		if len(bus.List()) != 2 {
			t.Error("a finding after the discard does not block")
		}
	})
}

func TestDiscardGoesOnWithoutABlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()), touchBy("192.0.2.8", "r2", time.Now()))
		if err := bus.Remove(t.Context(), bus.List()[0]); err != nil { // it has ended by itself
			t.Fatal(err)
		}
		if _, err := s.Discard(t.Context(), analyst, AddDiscard{Rule: "decoy.env", Reason: "our scanner"}); err != nil {
			t.Error(err)
		}
		if len(bus.List()) != 0 {
			t.Error("a block whose evidence is discarded lives on")
		}
		wantRaised(t, bus, map[string]string{})
	})
}

func TestDiscardAgainRemovesWhatWasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		time.Sleep(2 * time.Second) // until all is written
		r := AddDiscard{Rule: "decoy.env", Reason: "our scanner"}
		bus.allow(1) // for the journal
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Discard(ctx, analyst, r); !errors.Is(err, errAway) || len(bus.List()) != 1 {
			t.Fatalf("while the bus was away: %v, %d blocks", err, len(bus.List()))
		}
		wantRaised(t, bus, map[string]string{})
		bus.allow(-1)
		if _, err := s.Discard(t.Context(), analyst, r); err != nil || len(bus.List()) != 0 {
			t.Errorf("again: %v, %d blocks", err, len(bus.List()))
		}
	})
}

func TestDiscardFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		f := func(r AddDiscard) {
			t.Helper()
			if _, err := s.Discard(t.Context(), analyst, r); !errors.Is(err, ErrInvalid) {
				t.Errorf("%+v: %v, want ErrInvalid", r, err)
			}
		}
		f(AddDiscard{Reason: "everything"})
		f(AddDiscard{Path: "*", Reason: "everything"})
		f(AddDiscard{Path: "/*", Reason: "everything"})
		f(AddDiscard{Rule: "decoy.env"})
		if _, err := s.DiscardFinding(t.Context(), analyst, "none", "x", 0); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such finding: %v", err)
		}
	})
}

func TestWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		if _, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.0/28")); err != nil {
			t.Fatal(err)
		}
		e := why(t, s, "192.0.2.7")
		if len(e.Blocks) != 2 || e.Blocks[0].Block.Target.String() != "192.0.2.0/28" || e.Refusal != nil {
			t.Errorf("blocks are %+v", e.Blocks)
		}
		if e.Actor == nil || len(e.Actor.Evidence) != 1 || len(e.Audit) != 1 || e.Audit[0].Who != "analyst" {
			t.Errorf("actor %+v, audit %+v", e.Actor, e.Audit)
		}
		if e := why(t, s, "198.51.100.3"); e.Refusal == nil || e.Refusal.Rule != "allowlist" || len(e.Blocks) != 0 {
			t.Errorf("an allowed address: %+v", e)
		}
		if _, err := s.Actor(finding.Actor{Kind: finding.User, Value: "x"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown actor: %v", err)
		}
		if err := s.Audited(t.Context(), analyst, "agent.revoke", "gw-a", "done", map[string]string{"why": "gone"}); err != nil {
			t.Error(err)
		}
	})
}

func why(t *testing.T, s *running, target string) Explanation {
	t.Helper()
	e, err := s.Why(Question{Criteria: asked(target).Criteria})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
