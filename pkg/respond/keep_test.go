package respond

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestKeepAndDiscardMoveARule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		touch := touchBy("192.0.2.7", "r1", time.Now())
		mustHandle(t, s, 1, touch)
		if _, err := s.Keep(t.Context(), analyst, AddKeep{Finding: touch.ID}); !errors.Is(err, ErrInvalid) {
			t.Errorf("kept without a reason: %v", err)
		}
		if _, err := s.Keep(t.Context(), analyst, AddKeep{Finding: "nobody", Reason: "x"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("kept what is not there: %v", err)
		}
		before := s.Actors()[0].Risk
		for range 2 { // one word
			v, err := s.Keep(t.Context(), analyst, AddKeep{Finding: touch.ID, Reason: "a scanner"})
			if err != nil || v.Rule != "decoy.env" || v.Kind != finding.Address || !v.Keep {
				t.Fatalf("kept as %+v, %v", v, err)
			}
		}
		list := s.Feedback()
		if len(list) != 1 || list[0].Keeps != 1 || list[0].Shift <= 0 || s.Actors()[0].Risk <= before {
			t.Errorf("feedback is %+v", list)
		}
		s.stop()
		again := start(t, bus)
		if list := again.Feedback(); len(list) != 1 || list[0].Keeps != 1 {
			t.Errorf("after a restart: %+v", list)
		}
		// Now somebody else says that it was none: the last word counts.
		d, err := again.DiscardFinding(t.Context(), analyst, touch.ID, "our scanner", 0)
		if err != nil {
			t.Fatal(err)
		}
		if list := again.Feedback(); len(list) != 1 || list[0].Keeps != 0 || list[0].Discards != 1 {
			t.Errorf("after the discard: %+v", list)
		}
		if _, err := again.Keep(t.Context(), analyst, AddKeep{Finding: touch.ID, Rule: touch.Rule, Kind: finding.Address, Reason: "x"}); !errors.Is(err, ErrInvalid) {
			t.Errorf("kept what is discarded: %v", err)
		}
		if err := again.RemoveDiscard(t.Context(), analyst, d.ID); err != nil || len(again.Feedback()) != 0 {
			t.Errorf("after the discard was taken back: %+v, %v", again.Feedback(), err)
		}
		var audited []string
		for _, e := range again.audit {
			audited = append(audited, e.Action)
		}
		if text := strings.Join(audited, " "); !strings.Contains(text, "finding.keep") || !strings.Contains(text, "discard.remove") {
			t.Errorf("the audit has %s", text)
		}
	})
}

func TestKeepIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		// A finding that is in the store only.
		if _, err := s.Keep(t.Context(), analyst, AddKeep{Finding: "old", Rule: "r", Kind: finding.User, Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		bus.allow(0)
		s.stop() // a crash: the journal has it
		bus.allow(-1)
		again := start(t, bus)
		time.Sleep(time.Second)
		if list := again.Feedback(); len(list) != 1 || list[0].Rule != "r" {
			t.Fatalf("feedback is %+v", list)
		}
		if err := again.RemoveKeep(t.Context(), analyst, "old"); err != nil || len(again.Feedback()) != 0 {
			t.Errorf("%+v, %v", again.Feedback(), err)
		}
		if err := again.RemoveKeep(t.Context(), analyst, "old"); !errors.Is(err, ErrNotFound) {
			t.Errorf("taken back twice: %v", err)
		}
	})
}

func TestVotesOfDiscards(t *testing.T) {
	f := func(name string, want int, discards ...Discard) {
		t.Helper()
		a := newAccount(LedgerOptions{})
		a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
		a.take(touchBy("2001:db8::7", "r2", epoch), "", epoch)
		for _, d := range discards {
			d.At = epoch
			a.Discard(d)
		}
		if got := len(a.feedback.Votes()); got != want {
			t.Errorf("%s: %d votes, want %d: %+v", name, got, want, a.feedback.Votes())
		}
	}
	actor := touchBy("192.0.2.7", "", epoch).Actor
	f("a rule about somebody", 1, Discard{ID: "1", Actor: actor, Rule: "decoy.env"})
	f("twice", 1, Discard{ID: "1", Actor: actor, Rule: "decoy.env"}, Discard{ID: "2", Actor: actor, Rule: "decoy.env"})
	f("everything of somebody", 0, Discard{ID: "1", Actor: actor})
	f("a path", 0, Discard{ID: "1", Path: "/.env"})
	f("a rule", 2, Discard{ID: "1", Rule: "decoy.env"}) // of both kinds
	f("a rule that found nobody", 0, Discard{ID: "1", Rule: "other"})
}
