package respond

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// every16 is all of IPv4 by /16, without what nobody may block.
func every16(from, to int) Bulk {
	r := Bulk{Reason: "all of it"}
	for i := from; i < to; i++ {
		r.Items = append(r.Items, asked(fmt.Sprintf("%d.%d.0.0/16", i>>8, i&255)))
	}
	return r
}

// What nobody may block alone is not blocked alone piece by piece, in one call
// or in several.
func TestTogetherTooWide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := func(by Caller, r Bulk, made int, waits bool) {
			t.Helper()
			time.Sleep(time.Second) // a batch is known by its time
			done, err := s.AddBlocks(t.Context(), by, r)
			if err != nil || done.Created != made || (done.Approval != nil) != waits || waits && done.Approval.Because.Rule != "width" {
				t.Errorf("%d made (%+v), %v; want %d, waits %v", done.Created, done.Approval, err, made, waits)
			}
		}
		f(analyst, every16(12<<8, 12<<8+255), 255, false)
		f(analyst, every16(13<<8, 14<<8), 0, true) // a /8 by itself
		f(analyst, every16(14<<8, 14<<8+2), 0, true)
		a, err := s.AddBlock(t.Context(), admin, asked("16.0.0.0/9"))
		if err != nil || a.Created || a.Approval == nil || a.Approval.Because.Rule != "width" {
			t.Errorf("alone: %+v, %v", a, err)
		}
		narrow, err := s.AddBlock(t.Context(), analyst, asked("16.0.0.0/24"))
		if err != nil || !narrow.Created {
			t.Errorf("what is narrow is held up: %+v, %v", narrow, err)
		}
		// What a second person has approved was not made alone, and neither is
		// what is over.
		if _, err := s.Approve(t.Context(), second, Approving{ID: a.Approval.ID, Reason: "yes"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UndoBatch(t.Context(), analyst, bus.List()[0].Batch, "enough"); err != nil {
			t.Fatal(err)
		}
		f(analyst, every16(17<<8, 17<<8+255), 255, false)
	})
}

func TestExemptionsTogetherTooWide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		exempt := func(target string) Added {
			t.Helper()
			r := asked(target)
			r.Action = block.Allow
			a, err := s.AddBlock(t.Context(), admin, r)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := exempt("12.0.0.0/9"); !a.Created {
			t.Errorf("%+v", a)
		}
		if a := exempt("128.0.0.0/1"); a.Created || a.Approval == nil {
			t.Errorf("half of all: %+v", a)
		}
		r := asked("192.0.2.7")
		r.Action, r.Mode = block.Allow, block.Shadow
		if _, err := s.AddBlock(t.Context(), admin, r); !errors.Is(err, ErrInvalid) {
			t.Errorf("an exemption in shadow: %v", err)
		}
	})
}

func TestBreadth(t *testing.T) {
	f := func(target, segment string, action block.Action, want uint64) {
		t.Helper()
		parsed, err := block.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		b := block.Block{Segment: segment, Target: parsed, Action: action, By: "token:ana"}
		w := breadth{}
		w.hold(&b)
		var got uint64
		for _, n := range w {
			got += n
		}
		w.drop(&b)
		if got != want || len(w) != 0 {
			t.Errorf("%s: %d, want %d; left %v", target, got, want, w)
		}
	}
	f("192.0.2.7", "eu", block.Deny, 1)
	f("192.0.0.0/16", "eu", block.Deny, 1<<16)
	f("2001:db8::/32", "eu", block.Allow, 1<<32)
	f("2001:db8::7", "eu", block.Deny, 1)
	f("192.0.0.0/16 & route:/login", "eu", block.Deny, 1<<16)
	f("192.0.0.0/16 & user_agent:curl/8", "eu", block.Deny, 0)
	f("192.0.0.0/16", "eu", block.Flag, 0)
	f("user_agent:curl/8", "eu", block.Deny, 0)

	all := breadth{{block.All, false, false}: 1 << 23}
	if (breadth{{"eu", false, false}: 1 << 23}).tooWide(all) == nil || (breadth{{"eu", true, false}: 1 << 23}).tooWide(all) != nil {
		t.Error("what is for all counts in a segment, for its own kind")
	}
	if all.tooWide(breadth{{"eu", false, false}: 1 << 23}) == nil {
		t.Error("a segment gets what is for all, too")
	}
}
