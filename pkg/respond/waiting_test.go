package respond

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// scrapeBy is a finding of which people are told.
func scrapeBy(client, request string, at time.Time) finding.Finding {
	f := touchBy(client, request, at)
	f.Rule, f.Family, f.Tier = "scraping.pages", "scraping", finding.Notify
	return f
}

// busy has every client of 12.0.0.0/24 be one that many successful requests
// come from.
func busy(o *Options) {
	traffic := fakeTraffic{}
	for i := range 256 {
		traffic[fmt.Sprintf("12.0.0.%d", i)] = Day{Requests: 6000, Successful: 5000, Principals: 1}
	}
	o.Ledger.Traffic = traffic
}

// approval gives what alerts say is to be done about what waits.
func approval(bus *fakeBus) string {
	for _, a := range bus.active() {
		if text := a.Annotations["action"]; text != "" {
			return text
		}
	}
	return ""
}

func TestARulesBlockWaitsForAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		mustHandle(t, s, 1, scrapeBy("12.0.0.7", "r1", time.Now()))
		mustHandle(t, s, 2, scrapeBy("12.0.0.7", "r2", time.Now()), scrapeBy("12.0.0.7", "r2", time.Now()))
		list := s.Approvals()
		if len(list) != 1 || list[0].Tier != finding.Notify || list[0].Findings != 2 || len(list[0].Blocks[0].Findings) != 2 || list[0].Impact.Successful != 5000 {
			t.Fatalf("waiting: %+v", list)
		}
		if told := approval(bus); !strings.Contains(told, "5000 successful") || !strings.Contains(told, "honeymoat blocks approve "+list[0].ID) {
			t.Errorf("told: %q", told)
		}
		if st := s.Stats(); st.Waiting != 1 || st.Refused != 0 || len(bus.List()) != 0 {
			t.Errorf("stats: %+v, live: %+v", st, bus.List())
		}
		r, err := s.Approve(t.Context(), analyst, Approving{ID: list[0].ID, Reason: "a scraper"})
		if err != nil || r.Created != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		made := bus.List()[0]
		if made.By != "rule:scraping.pages" || made.ApprovedBy != "token:analyst" || made.Target.String() != "12.0.0.7" {
			t.Errorf("made: %+v", made)
		}
		if told := approval(bus); told != "" {
			t.Errorf("still told: %q", told)
		}
		mustHandle(t, s, 3, scrapeBy("12.0.0.7", "r3", time.Now())) // is covered
		wantEvents(t, bus, "added 12.0.0.7", "pending 12.0.0.7")
		if held, _ := s.ledger.Held(made.ID); held.Actor != finding.ActorOf(made.Target.Prefix().Addr()) {
			t.Errorf("it stands on the evidence of %s", held.Actor)
		}
	})
}

func TestWhoIsOnlyLoggedDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		mustHandle(t, s, 1, touchBy("12.0.0.7", "r1", time.Now()))
		if list := s.Approvals(); len(list) != 0 {
			t.Errorf("waiting: %+v", list)
		}
		mustHandle(t, s, 2, scrapeBy("12.0.0.7", "r2", time.Now())) // now people are told
		time.Sleep(time.Second)
		wantEvents(t, bus, "pending 12.0.0.7", "refused 12.0.0.7")
		none := start(t, newFakeBus(), busy, func(o *Options) { o.Ledger.MaxWaiting = -1 })
		mustHandle(t, none, 1, scrapeBy("12.0.0.7", "r1", time.Now()))
		if list := none.Approvals(); len(list) != 0 {
			t.Errorf("waiting where nothing may: %+v", list)
		}
	})
}

// A person's no holds for a day, over a crash too.
func TestADeclinedBlockIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		time.Sleep(1500 * time.Millisecond) // a checkpoint without any of it
		first := scrapeBy("12.0.0.7", "r1", time.Now())
		before := bus.saved("respond")
		mustHandle(t, s, 1, first)
		if _, err := s.Reject(t.Context(), analyst, s.Approvals()[0].ID, "our own crawler"); err != nil {
			t.Fatal(err)
		}
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		bus.rewind("respond", before)
		s = start(t, bus, busy)
		mustHandle(t, s, 1, first)
		mustHandle(t, s, 2, scrapeBy("12.0.0.7", "r2", time.Now()))
		if list := s.Approvals(); len(list) != 0 {
			t.Errorf("asked again: %+v", list)
		}
		time.Sleep(25 * time.Hour)
		mustHandle(t, s, 3, scrapeBy("12.0.0.7", "r3", time.Now()))
		if list := s.Approvals(); len(list) != 1 {
			t.Errorf("a day later: %+v", list)
		}
	})
}

// What was approved just before a crash is not asked for again.
func TestAnApprovedBlockIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		time.Sleep(1500 * time.Millisecond)
		before := bus.saved("respond")
		first := scrapeBy("12.0.0.7", "r1", time.Now())
		mustHandle(t, s, 1, first)
		if _, err := s.Approve(t.Context(), analyst, Approving{ID: s.Approvals()[0].ID, Reason: "a scraper"}); err != nil {
			t.Fatal(err)
		}
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		bus.rewind("respond", before)
		s = start(t, bus, busy)
		mustHandle(t, s, 1, first)
		mustHandle(t, s, 2, scrapeBy("12.0.0.7", "r2", time.Now()))
		if list := s.Approvals(); len(list) != 0 || len(bus.List()) != 1 {
			t.Errorf("asked again: %+v, live: %+v", list, bus.List())
		}
	})
}

// A person does not approve what is protected, nor themselves.
func TestApprovalOfARulesBlockAsksTheGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), busy)
		mustHandle(t, s, 1, scrapeBy("12.0.0.7", "r1", time.Now()))
		s.SetGuard(NewGuard(GuardOptions{Monitors: prefixes("12.0.0.7/32")}))
		r, err := s.Approve(t.Context(), analyst, Approving{ID: s.Approvals()[0].ID, Reason: "x"})
		if err != nil || r.Created != 0 || !errors.Is(r.Items[0].Err, ErrRefused) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// A flood makes no heap: what waits is bounded, and so is what is written of it.
func TestWhatWaitsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy, func(o *Options) { o.Ledger.MaxWaiting = 3 })
		page := scrapeBy("12.0.0.200", "p", time.Now())
		page.Tier = finding.Page
		mustHandle(t, s, 1, page)
		for i := range 50 {
			time.Sleep(time.Millisecond)
			mustHandle(t, s, uint64(i+2), scrapeBy(fmt.Sprintf("12.0.0.%d", i), fmt.Sprint("r", i), time.Now()))
		}
		if list := s.Approvals(); len(list) != 3 || list[0].Tier != finding.Page {
			t.Errorf("waiting: %+v", list)
		}
		time.Sleep(5 * time.Second)
		if n := bus.count(BlockLog); n > 3+toldEach+1 {
			t.Errorf("%d rows of a flood: %q", n, bus.events())
		}
		time.Sleep(time.Minute)
		mustHandle(t, s, 60, scrapeBy("12.0.0.100", "later", time.Now()))
		list := s.Approvals()
		if len(list) != 3 || list[2].Blocks[0].Target.String() != "12.0.0.100" || list[1].Blocks[0].Target.String() != "12.0.0.1" || s.Stats().GaveWay != 1 {
			t.Errorf("waiting: %+v, %+v", list, s.Stats())
		}
	})
}

// Of what people ask for, that of whoever has most waiting gives way.
func TestWhatPeopleAskForIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		other, err := s.AddBlock(t.Context(), Caller{Name: "careful", Admin: true}, asked("13.0.0.0/8"))
		if err != nil || other.Approval == nil {
			t.Fatal(other, err)
		}
		for i := range maxAsked + 5 {
			r := asked(fmt.Sprintf("12.0.0.0/8 & route:/r/%d", i))
			if a, err := s.AddBlock(t.Context(), admin, r); err != nil || a.Approval == nil {
				t.Fatalf("%+v, %v", a, err)
			}
			time.Sleep(time.Second)
		}
		list := s.Approvals()
		if len(list) != maxAsked || list[0].ID != other.Approval.ID || !strings.HasSuffix(list[1].Blocks[0].Target.String(), "/r/6") {
			t.Errorf("%d wait, first %+v", len(list), list[:2])
		}
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		if s = start(t, bus); len(s.Approvals()) != maxAsked {
			t.Errorf("after a crash %d wait", len(s.Approvals()))
		}
	})
}

// What a rule asks for more strongly while it waits is what waits.
func TestWhatWaitsGrows(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	l := NewLedger(LedgerOptions{Traffic: fakeTraffic{"12.0.0.7": {Successful: 5000}}})
	g := NewGuard(GuardOptions{})
	f := func(request, action string) *Approval {
		t.Helper()
		found := scrapeBy("12.0.0.7", request, now)
		found.Wanted.Action = action
		return l.Judge(Evidence{Finding: found}, g, now).Waits.Approval
	}
	f("r1", "throttle")
	if a := f("r2", "drop"); a.Blocks[0].Action != block.Drop || a.Findings != 2 {
		t.Errorf("%+v", a)
	}
	if a := f("r3", "throttle"); a.Blocks[0].Action != block.Drop || a.Findings != 3 {
		t.Errorf("%+v", a)
	}
	f("r3", "throttle")
	for i := range 2 * maxEvidenceIDs {
		f(fmt.Sprint(i), "deny")
	}
	if a := f("r3", "deny"); a.Findings != 3+2*maxEvidenceIDs || len(a.Blocks[0].Findings) != maxEvidenceIDs {
		t.Errorf("%d findings, %d named", a.Findings, len(a.Blocks[0].Findings))
	}
}

// What waits on evidence that an analyst discards waits no more, over a crash
// too.
func TestNothingWaitsOnDiscardedEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy)
		first := scrapeBy("12.0.0.7", "r1", time.Now())
		other := scrapeBy("12.0.0.8", "r2", time.Now())
		other.Rule = "scraping.objects"
		mustHandle(t, s, 1, first, other)
		time.Sleep(1500 * time.Millisecond)
		before := bus.saved("respond")
		if _, err := s.Discard(t.Context(), analyst, AddDiscard{Rule: first.Rule, Reason: "our crawler"}); err != nil {
			t.Fatal(err)
		}
		rest := func() {
			t.Helper()
			if list := s.Approvals(); len(list) != 1 || list[0].Blocks[0].Rule != other.Rule {
				t.Errorf("waiting: %+v", list)
			}
			if told := approval(bus); !strings.Contains(told, "12.0.0.8") {
				t.Errorf("told: %q", told)
			}
		}
		rest()
		bus.allow(0)
		s.stop()
		bus.allow(-1)
		bus.rewind("respond", before)
		s = start(t, bus, busy)
		rest()
		wantEvents(t, bus, "pending 12.0.0.7", "pending 12.0.0.8", "rejected 12.0.0.7")
	})
}

// What was blocked by somebody else meanwhile is nothing to decide about.
func TestWhatIsBlockedMeanwhileWaitsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, busy, func(o *Options) { o.Ledger.PreviewSuccessful = 4000 })
		mustHandle(t, s, 1, scrapeBy("12.0.0.7", "r1", time.Now()), scrapeBy("12.0.0.8", "r2", time.Now()))
		a, err := s.AddBlock(t.Context(), analyst, asked("12.0.0.7"))
		if err != nil || a.Approval == nil {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := s.Approve(t.Context(), admin, Approving{ID: a.Approval.ID, Reason: "a scraper"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if list := s.Approvals(); len(list) != 1 || list[0].Blocks[0].Target.String() != "12.0.0.8" {
			t.Errorf("waiting: %+v", list)
		}
		for _, a := range bus.active() {
			if text := a.Annotations["action"]; text != "" && a.Labels["actor"] == "12.0.0.7" {
				t.Errorf("still told: %q", text)
			}
		}
		wantEvents(t, bus, "added 12.0.0.7", "lapsed 12.0.0.7", "pending 12.0.0.7", "pending 12.0.0.7", "pending 12.0.0.8")
	})
}
