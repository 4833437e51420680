package respond

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// account is a ledger whose proposals are always followed, as in a replay.
type account struct {
	*Ledger
	guard *Guard
}

func newAccount(o LedgerOptions) *account {
	return &account{NewLedger(o), NewGuard(GuardOptions{Allow: prefixes("198.51.100.0/24")})}
}

func (a *account) take(f finding.Finding, agent string, now time.Time) Verdict {
	a.Expire(now)
	v := a.Judge(Evidence{f, agent}, a.guard, now)
	made := v.Block
	if v.Proposal != nil {
		a.Made(*v.Proposal, f.Actor, v.Wanted)
		made = v.Proposal.ID
	}
	a.Settle(f.ID, made)
	return v
}

func TestLedgerBlocksOnce(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := touchBy("192.0.2.7", "r1", epoch)
	v := a.take(f, "", epoch)
	if v.Proposal == nil || v.Tier != finding.Log || !v.First {
		t.Fatalf("first touch: %+v", v)
	}
	if p := v.Proposal; p.Segment != block.All || p.Target.String() != "192.0.2.7" || p.LifetimeSeconds != 4*3600 ||
		p.ID != block.NewID(block.All, p.Target.Key(), f.ID) || p.Mode != block.Enforce || p.Validate() != nil {
		t.Errorf("proposal is %+v", p)
	}
	if v := a.take(f, "gw-a", epoch.Add(time.Second)); v.Proposal != nil || v.First || !v.Settled {
		t.Errorf("same finding again: %+v", v)
	}
	if v := a.take(touchBy("192.0.2.7", "r2", epoch.Add(time.Second)), "", epoch.Add(time.Second)); v.Proposal != nil || !v.Enforced {
		t.Errorf("another touch of a blocked client: %+v", v)
	}
	if actor, _ := a.Actor(f.Actor); actor.Findings != 2 {
		t.Errorf("%d findings, want 2", actor.Findings)
	}
}

func TestLedgerTiers(t *testing.T) {
	other := touchBy("192.0.2.7", "r9", epoch)
	other.Family = "injection"
	page := touchBy("192.0.2.7", "r8", epoch)
	page.Tier = finding.Page
	later := func(d time.Duration) finding.Finding {
		return touchBy("192.0.2.7", "late"+d.String(), epoch.Add(d))
	}
	f := func(want finding.Tier, findings ...finding.Finding) {
		t.Helper()
		a := newAccount(LedgerOptions{})
		var v Verdict
		for _, x := range findings {
			v = a.take(x, "", x.Time)
		}
		if v.Tier != want {
			actor, _ := a.Actor(findings[0].Actor)
			t.Errorf("tier %s, want %s: %v", v.Tier, want, actor.Reasons)
		}
	}
	first := touchBy("192.0.2.7", "r1", epoch)
	f(finding.Log, first)
	f(finding.Log, first, touchBy("192.0.2.7", "r2", epoch))
	f(finding.Notify, first, other)
	sameRequest := other
	sameRequest.Sighting.Record = first.Sighting.Record
	f(finding.Log, first, sameRequest)
	unnamed := other
	unnamed.Family = finding.Rule
	f(finding.Log, first, unnamed)
	f(finding.Page, first, page)
	f(finding.Page, page, first)
	f(finding.Log, first, later(3*time.Hour))
	f(finding.Notify, first, later(5*time.Hour)) // came back after its block
}

func TestLedgerBlocksAgainAfterExpiry(t *testing.T) {
	a := newAccount(LedgerOptions{})
	a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
	later := epoch.Add(5 * time.Hour)
	if v := a.take(touchBy("192.0.2.7", "r2", later), "", later); v.Proposal == nil {
		t.Errorf("no block of who came back: %+v", v)
	}
}

func TestLedgerLogsOldEvidence(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := touchBy("192.0.2.7", "r1", epoch)
	f.Tier = finding.Page
	v := a.take(f, "", epoch.Add(4*time.Hour+time.Second))
	if v.Proposal != nil || v.Note == "" || v.Tier != finding.Log {
		t.Errorf("old evidence: %+v", v)
	}
}

func TestDiscardNeverRaises(t *testing.T) {
	f := func(change func(*account), want finding.Tier) {
		t.Helper()
		a := newAccount(LedgerOptions{})
		mild, grave := touchBy("192.0.2.7", "r1", epoch), touchBy("192.0.2.7", "r2", epoch.Add(-5*time.Hour))
		grave.Tier, mild.Rule = finding.Page, "decoy.mild"
		a.take(grave, "", epoch) // too old to alarm anybody
		a.take(mild, "", epoch)
		change(a)
		a.Discard(Discard{ID: "d", Rule: "decoy.mild"})
		if actor, _ := a.Actor(mild.Actor); actor.Tier != want || actor.Findings != 1 {
			t.Errorf("a discard has left tier %s, %d findings; want %s: %v", actor.Tier, actor.Findings, want, actor.Reasons)
		}
	}
	f(func(*account) {}, finding.Log)
	f(func(a *account) {
		for _, actor := range a.actors {
			actor.Stories = nil
			actor.sum()
		}
	}, 0)
}

func TestForgottenActorIsNotMadeAnewByAnotherSighting(t *testing.T) {
	a := newAccount(LedgerOptions{MaxActors: 1})
	first, second := touchBy("192.0.2.7", "r1", epoch), touchBy("192.0.2.8", "r2", epoch.Add(time.Second))
	a.take(first, "", first.Time)
	a.take(second, "", second.Time)
	if v := a.take(first, "gw-a", second.Time); !v.Settled || !v.Enforced {
		t.Errorf("another sighting: %+v", v)
	}
	if actors := a.Actors(); len(actors) != 1 || actors[0].Actor != second.Actor {
		t.Errorf("actors are %+v", actors)
	}
}

func TestLedgerTombstone(t *testing.T) {
	a := newAccount(LedgerOptions{})
	v := a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
	removed := epoch.Add(time.Minute)
	a.End(v.Proposal.ID, EventRemoved, "token:analyst", "mistake", removed)
	a.Remove(v.Proposal.Key(), removed)
	before, after := touchBy("192.0.2.7", "r2", removed.Add(-time.Second)), touchBy("192.0.2.7", "r3", removed.Add(time.Second))
	if v := a.take(before, "", removed.Add(time.Second)); v.Proposal != nil || v.Note == "" {
		t.Errorf("evidence of before the removal: %+v", v)
	}
	if v := a.take(after, "", removed.Add(2*time.Second)); v.Proposal == nil || v.Tier != finding.Log {
		t.Errorf("evidence of after the removal: %+v", v)
	}
}

func TestLedgerGuardAndKinds(t *testing.T) {
	f := func(change func(*finding.Finding), want string) {
		t.Helper()
		x := touchBy("192.0.2.7", "r1", epoch)
		change(&x)
		v := newAccount(LedgerOptions{}).take(x, "", epoch)
		got := ""
		switch {
		case v.Refusal != nil:
			got = v.Refusal.Rule
		case v.Proposal != nil:
			got = v.Proposal.Mode.String() + " " + v.Proposal.Segment + " " + v.Proposal.Target.String()
		}
		if got != want {
			t.Errorf("%+v gave %q, want %q", x, got, want)
		}
	}
	f(func(*finding.Finding) {}, "enforce all 192.0.2.7")
	f(func(x *finding.Finding) { x.Segment = "shop" }, "enforce shop 192.0.2.7")
	f(func(x *finding.Finding) { x.Wanted.Shadow = true }, "shadow all 192.0.2.7")
	f(func(x *finding.Finding) { x.Wanted.LifetimeSeconds = 0 }, "")
	f(func(x *finding.Finding) { x.Actor = finding.Actor{Kind: finding.User, Value: "analyst"} }, "")
	f(func(x *finding.Finding) { x.Actor = finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"} }, "enforce all 2001:db8::/64")
	f(func(x *finding.Finding) { x.Actor.Value = "198.51.100.7" }, "allowlist")
	f(func(x *finding.Finding) { x.Actor.Value = "127.0.0.1" }, "reserved")
}

func TestLedgerShadowGivesWayToEnforced(t *testing.T) {
	a := newAccount(LedgerOptions{})
	shadow := touchBy("192.0.2.7", "r1", epoch)
	shadow.Wanted.Shadow = true
	first := a.take(shadow, "", epoch)
	v := a.take(touchBy("192.0.2.7", "r2", epoch), "", epoch)
	if v.Proposal == nil || v.Replaces == nil || v.Replaces.ID != first.Proposal.ID {
		t.Errorf("an enforced block after one in shadow: %+v", v)
	}
}

func TestLedgerAgentBudgetNeedsOneWord(t *testing.T) {
	a := newAccount(LedgerOptions{PerAgentOnly: 2})
	refused := 0
	for i := range 5 {
		if v := a.take(touchBy(fmt.Sprintf("192.0.2.%d", i), fmt.Sprint("r", i), epoch), "gw-a", epoch); v.Refusal != nil {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d refused, want 3", refused)
	}
	// The same client seen by another gateway, too: two words.
	if v := a.take(touchBy("192.0.2.4", "other", epoch), "gw-b", epoch); v.Proposal == nil {
		t.Errorf("a second source did not lift the limit: %+v", v)
	}
}

func TestLedgerDiscard(t *testing.T) {
	a := newAccount(LedgerOptions{})
	a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
	kept := touchBy("192.0.2.8", "r2", epoch)
	a.take(kept, "", epoch)
	d := Discard{ID: "d1", Actor: touchBy("192.0.2.7", "", epoch).Actor, Rule: "decoy.env", Reason: "our scanner", ExpiresAt: epoch.Add(time.Hour)}
	dropped := a.Discard(d)
	changed, groundless := dropped.actors, dropped.blocks
	if len(changed) != 1 || len(groundless) != 1 || groundless[0].Target.String() != "192.0.2.7" {
		t.Errorf("changed %v, groundless %v", changed, groundless)
	}
	if actor, _ := a.Actor(d.Actor); actor.Tier != 0 || actor.Findings != 0 {
		t.Errorf("actor is %+v", actor)
	}
	a.End(groundless[0].ID, EventRemoved, "", "", epoch)
	if v := a.take(touchBy("192.0.2.7", "r3", epoch.Add(time.Minute)), "", epoch.Add(time.Minute)); !v.Discarded || v.Proposal != nil {
		t.Errorf("a discarded finding: %+v", v)
	}
	late := epoch.Add(2 * time.Hour)
	if v := a.take(touchBy("192.0.2.7", "r4", late), "", late); v.Discarded || v.Proposal == nil {
		t.Errorf("the discard outlives its time: %+v", v)
	}
}

func TestDiscardMatches(t *testing.T) {
	x := touchBy("192.0.2.7", "r1", epoch)
	f := func(d Discard, want bool) {
		t.Helper()
		if got := d.matches(&x); got != want {
			t.Errorf("%+v matches: %v", d, got)
		}
	}
	f(Discard{Rule: "decoy.env"}, true)
	f(Discard{Rule: "decoy.git"}, false)
	f(Discard{Path: "/.env"}, true)
	f(Discard{Path: "/.en*"}, true)
	f(Discard{Path: "/.e"}, false)
	f(Discard{Actor: x.Actor, Path: "/other"}, false)
	f(Discard{Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.8"}}, false)
}

func TestLedgerIsBounded(t *testing.T) {
	a := newAccount(LedgerOptions{MaxActors: 100, MaxFindings: 150, PerMinute: -1, PerAgentOnly: -1})
	for i := range 2000 {
		now := epoch.Add(time.Duration(i) * time.Second)
		a.take(touchBy(fmt.Sprintf("10.0.%d.%d", i/250, i%250), fmt.Sprint(i), now), "", now)
	}
	if len(a.actors) > 100 || len(a.memos.byID) > 150 || len(a.memos.queue) > 150 {
		t.Errorf("%d actors, %d ids", len(a.actors), len(a.memos.byID))
	}
	a.Sweep(epoch.Add(100 * time.Hour))
	a.Expire(epoch.Add(100 * time.Hour))
	a.Sweep(epoch.Add(200 * time.Hour))
	if n := len(a.actors) + len(a.memos.byID) + len(a.blocks.byID) + len(a.blocks.ended) + len(a.blocks.due); n != 0 {
		t.Errorf("%d things are remembered for ever", n)
	}
}

func TestLedgerStateRoundTrip(t *testing.T) {
	a := newAccount(LedgerOptions{})
	for i := range 20 {
		a.take(touchBy(fmt.Sprintf("192.0.2.%d", i%6), fmt.Sprint(i), epoch.Add(time.Duration(i)*time.Hour)), "gw", epoch.Add(time.Duration(i)*time.Hour))
	}
	a.Remove("all.address.c0000207", epoch)
	a.Discard(Discard{ID: "d", Rule: "x", Reason: "y"})
	a.refusals[7] = epoch
	data, err := json.Marshal(a.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	b := NewLedger(LedgerOptions{})
	if err := json.Unmarshal(data, b); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		now := epoch.Add(time.Duration(20+i) * time.Hour)
		f := touchBy(fmt.Sprintf("192.0.2.%d", i%9), fmt.Sprint(i+10), now)
		v, w := a.take(f, "", now), (&account{b, a.guard}).take(f, "", now)
		if v.First != w.First || v.Tier != w.Tier || (v.Proposal == nil) != (w.Proposal == nil) || v.Block != w.Block {
			t.Fatalf("step %d: %+v before, %+v after", i, v, w)
		}
	}
	if !b.Known(7) || !slices.Equal(a.Discards(), b.Discards()) {
		t.Error("refusals or discards are lost")
	}
}

func TestLedgerStateFailure(t *testing.T) {
	for _, text := range []string{`{"version":9}`, `{}`, `[]`, `{"version":1,"held":[{"block":{"id":"x"}}]}`} {
		if err := json.Unmarshal([]byte(text), NewLedger(LedgerOptions{})); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v, want ErrState", text, err)
		}
	}
}
