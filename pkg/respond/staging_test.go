package respond

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// onTrial is a finding of a rule in rollout.
func onTrial(client, request string) finding.Finding {
	f := touchBy(client, request, time.Now())
	f.Rule, f.Wanted.Rollout = "r", true
	f.Wanted.Action, f.Wanted.Status, f.Wanted.LifetimeSeconds = "deny", 404, 48*3600
	return f
}

func command(t *testing.T, s *running, verb string) rollout.Logic {
	t.Helper()
	l, err := s.CommandRollout(t.Context(), analyst, "r", "1", verb, "because")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// placement gives in short what a client's block does: "enforce flag".
func placement(t *testing.T, f *fakeBus, client string) string {
	t.Helper()
	b, ok := f.Get(block.All, targetOn(t, client))
	if !ok {
		return ""
	}
	text := b.Mode.String() + " " + b.Action.String()
	if b.Percent > 0 {
		text += fmt.Sprintf(" %d", b.Percent)
	}
	if b.Terms != nil {
		text += fmt.Sprintf(" %d", b.Terms.Status)
	}
	return text
}

func TestRolloutMovesBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		want := func(client, want string) {
			t.Helper()
			time.Sleep(1100 * time.Millisecond)
			if got := placement(t, bus, client); got != want {
				t.Errorf("%s: %q, want %q", client, got, want)
			}
		}
		mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"))
		want("192.0.2.7", "shadow deny 404")
		id := bus.List()[0].ID
		command(t, s, rollout.VerbPromote)
		want("192.0.2.7", "enforce flag")
		mustHandle(t, s, 2, onTrial("192.0.2.8", "r2"))
		want("192.0.2.8", "enforce flag")
		command(t, s, rollout.VerbPromote)
		want("192.0.2.7", "canary deny 5 404")
		command(t, s, rollout.VerbPromote)
		want("192.0.2.8", "canary deny 25 404")
		command(t, s, rollout.VerbPromote)
		want("192.0.2.8", "enforce deny 404")
		if live := bus.List()[0]; live.ID != id || live.LifetimeSeconds != 48*3600 {
			t.Errorf("another block: %+v", live)
		}
		if l := s.Rollouts()[0]; l.Stage != rollout.Enforce || len(l.History) != 5 || l.History[1].Who != "token:analyst" {
			t.Errorf("%+v", l)
		}
		command(t, s, rollout.VerbRollBack)
		want("192.0.2.7", "shadow deny 404")
		events := map[string]int{}
		for _, e := range bus.events() {
			events[e]++
		}
		if events["staged 192.0.2.7"] != 5 || events["added 192.0.2.7"] != 1 {
			t.Errorf("block log: %v", events)
		}
	})
}

// What is said of a rollout is kept, and done once, wherever a crash comes.
func TestCommandsAreDoneOnce(t *testing.T) {
	for _, checkpoint := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bus := newFakeBus()
			s := start(t, bus)
			mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"))
			time.Sleep(2500 * time.Millisecond)
			command(t, s, rollout.VerbPromote)
			journal := bus.saved("respond.journal")
			if checkpoint {
				time.Sleep(2 * time.Second)
			}
			bus.allow(0)
			s.stop()
			bus.allow(-1)
			bus.rewind("respond.journal", journal) // killed before it was trimmed
			s = start(t, bus)
			time.Sleep(2 * time.Second)
			if l := s.Rollouts()[0]; l.Stage != rollout.Flag {
				t.Errorf("checkpoint %v: %s, want flag", checkpoint, l.Stage)
			}
			if got := placement(t, bus, "192.0.2.7"); got != "enforce flag" {
				t.Errorf("checkpoint %v: block is %q", checkpoint, got)
			}
		})
	}
}

func TestCommandFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"))
		f := func(rule, verb, reason string, want error) {
			t.Helper()
			if _, err := s.CommandRollout(t.Context(), analyst, rule, "1", verb, reason); !errors.Is(err, want) {
				t.Errorf("%s %s: %v, want %v", verb, rule, err, want)
			}
		}
		f("r", rollout.VerbHold, "", ErrInvalid)
		f("none", rollout.VerbHold, "why", ErrNotFound)
		f("r", "dance", "why", ErrInvalid)
		f("r", rollout.VerbResume, "why", ErrRefused)
	})
}

func TestRolloutsAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		first := onTrial("192.0.2.7", "r1")
		first.Repeats = 2
		mustHandle(t, s, 1, first, onTrial("192.0.2.8", "r2"))
		mustHandle(t, s, 2, first)
		id := bus.List()[0].ID
		err := s.Handle(t.Context(), 3, func() Input {
			return Input{
				Denials:  map[block.ID]uint64{id: 4},
				Measures: []Measured{{"r", "1", rollout.Measure{Requests: 20, Successful: 3}}},
				Gateways: []rollout.Health{{Gateway: "edge", Requests: 100}},
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := s.Complain(t.Context(), second, Complaint{Block: id, Text: "it was me"}); err != nil || b.ID != id {
			t.Errorf("%+v, %v", b, err)
		}
		if _, err := s.Complain(t.Context(), second, Complaint{Block: id, Text: "it was me, I say"}); err != nil { // counts once
			t.Error(err)
		}
		if _, err := s.Complain(t.Context(), second, Complaint{Block: id}); !errors.Is(err, ErrInvalid) {
			t.Errorf("without a text: %v", err)
		}
		if _, err := s.Complain(t.Context(), second, Complaint{Block: 99, Text: "what"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("about nothing: %v", err)
		}
		if _, err := s.DiscardFinding(t.Context(), analyst, first.ID, "ours", 0); err != nil {
			t.Fatal(err)
		}
		l := s.Rollouts()[0]
		want := rollout.Measure{Findings: 4, Requests: 20, Successful: 3, Hits: 4, Discards: 1, Complaints: 1}
		if got := l.Measured; fmt.Sprint(got) != fmt.Sprint(want) || l.Actors != 2 {
			t.Errorf("measured %+v of %d actors, want %+v of 2", got, l.Actors, want)
		}
	})
}

// A block in shadow has passed no preview: it does not come into force behind
// the guard's back.
func TestAPromotionAsksTheGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) {
			o.Ledger.Traffic = fakeTraffic{"192.0.2.7": {Successful: 5000, Principals: 90}}
			o.Ledger.PerMinute, o.Ledger.PerRule = 2, 2
		})
		mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"), onTrial("192.0.2.8", "r2"))
		time.Sleep(2 * time.Minute)
		mustHandle(t, s, 2, onTrial("192.0.2.9", "r3"), onTrial("192.0.2.10", "r4"))
		for range 4 {
			command(t, s, rollout.VerbPromote)
			time.Sleep(2 * time.Second) // so that each stage is applied
		}
		if n := placements(t, bus); n["flag"] != 2 || n["deny"] != 2 {
			t.Errorf("at once: %v", n)
		}
		time.Sleep(3 * time.Minute) // the budget lets the third through
		if n := placements(t, bus); n["deny"] != 3 || placement(t, bus, "192.0.2.7") != "enforce flag" {
			t.Errorf("later: %v, the one of 5,000 requests is %s", n, placement(t, bus, "192.0.2.7"))
		}
	})
}

// What a person has approved goes on with its rule: the preview that asked for
// the approval does not keep it where it was.
func TestAPromotionTakesWhatWasApprovedAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"))
		for range 2 { // to the canary of 5 %
			command(t, s, rollout.VerbPromote)
			time.Sleep(2 * time.Second)
		}
		f := onTrial("12.0.0.7", "r2")
		f.Family, f.Tier = "scraping", finding.Notify
		mustHandle(t, s, 2, f)
		list := s.Approvals()
		if len(list) != 1 {
			t.Fatalf("waiting: %+v", list)
		}
		if _, err := s.Approve(t.Context(), analyst, Approving{ID: list[0].ID, Reason: "a scraper"}); err != nil {
			t.Fatal(err)
		}
		if got := placement(t, bus, "12.0.0.7"); got != "canary deny 5 404" {
			t.Errorf("approved: %q", got)
		}
		for range 2 {
			command(t, s, rollout.VerbPromote)
			time.Sleep(2 * time.Second)
		}
		if got := placement(t, bus, "12.0.0.7"); got != "enforce deny 404" {
			t.Errorf("promoted: %q", got)
		}
	})
}

// placements counts the live blocks by what they do.
func placements(t *testing.T, bus *fakeBus) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, b := range bus.List() {
		if b.Mode == block.Shadow {
			t.Errorf("%s is still in shadow", b.Target)
		}
		n[b.Action.String()]++
	}
	return n
}

// The bus may go after it has taken a block and before it has said so: what was
// rolled back then is not left in force.
func TestAStepOfWhichNobodyHeardIsRolledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		mustHandle(t, s, 1, onTrial("192.0.2.7", "r1"))
		bus.deafen(true)
		command(t, s, rollout.VerbPromote)
		time.Sleep(2 * time.Second)
		bus.deafen(false)
		if got := placement(t, bus, "192.0.2.7"); got != "enforce flag" {
			t.Fatalf("the block is %q", got)
		}
		command(t, s, rollout.VerbRollBack)
		time.Sleep(3 * time.Minute)
		if got := placement(t, bus, "192.0.2.7"); got != "shadow deny 404" {
			t.Errorf("the block is %q", got)
		}
	})
}
