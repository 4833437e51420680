package respond

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var mallory = finding.Actor{Kind: finding.User, Value: "k01234567:abcdefghijklmnopqrst"}

// byMallory is a touch by somebody of whom the name is known to agents.
func byMallory(client, request string, at time.Time) finding.Finding {
	f := touchBy(client, request, at)
	f.Principal = mallory
	f.Names = []finding.Name{{Actor: mallory, Segment: block.All, Value: matchKey.Hash(block.ScopeUser, "mallory")}}
	return f
}

func TestWhatRulesAskFor(t *testing.T) {
	hash := matchKey.Hash(block.ScopeUser, "mallory")
	f := func(change func(*finding.Finding), want string) {
		t.Helper()
		x := touchBy("192.0.2.7", "r1", epoch)
		change(&x)
		v := newAccount(LedgerOptions{}).take(x, "", epoch)
		got := v.Note
		switch {
		case v.Refusal != nil:
			got = "refused: " + v.Refusal.Rule
		case v.Proposal != nil:
			got = fmt.Sprintf("%s %s in %s", v.Proposal.Action, v.Proposal.Target, v.Proposal.Segment)
			if v.Proposal.Terms != nil {
				got += fmt.Sprintf(" %+v", *v.Proposal.Terms)
			}
			if err := v.Proposal.Validate(); err != nil {
				t.Error(err)
			}
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(func(x *finding.Finding) {}, "deny 192.0.2.7 in all")
	f(func(x *finding.Finding) { x.Segment = "eu" }, "deny 192.0.2.7 in eu")
	f(func(x *finding.Finding) { x.Wanted.LifetimeSeconds = 0 }, "")
	f(func(x *finding.Finding) { x.Wanted.Action = "drop" }, "drop 192.0.2.7")
	f(func(x *finding.Finding) { x.Wanted.Action, x.Wanted.Rate = "throttle", 2 }, "throttle 192.0.2.7 in all {Status:0 Body: Header: Value: Rate:2")
	f(func(x *finding.Finding) { x.Wanted.Action = "allow" }, errExemption.Error())
	f(func(x *finding.Finding) { x.Wanted.Action = "burn" }, "action")
	f(func(x *finding.Finding) { x.Wanted.Scope = "session" }, errNoValue.Error())
	f(func(x *finding.Finding) { x.Wanted.Scope, x.Wanted.Target = "user", "user:"+hash }, "deny user:"+hash)
	f(func(x *finding.Finding) {
		x.Wanted.Scope, x.Wanted.Target = "address+route", "192.0.2.7 & route:POST /login"
	}, "deny 192.0.2.7 & route:POST /login")
	f(func(x *finding.Finding) { x.Wanted.Scope, x.Wanted.Target = "country", "country:AQ" }, "refused: broad")
	f(func(x *finding.Finding) { x.Wanted.Scope, x.Wanted.Target = "route", "route:/**" }, "refused: everybody")
	f(func(x *finding.Finding) { x.Actor = mallory }, errNoName.Error())
	f(func(x *finding.Finding) { *x = byMallory("192.0.2.7", "r1", epoch); x.Actor = mallory }, "deny user:"+hash)
	f(func(x *finding.Finding) { *x = byMallory("192.0.2.7", "r1", epoch); x.Actor, x.Segment = mallory, "eu" }, errNoName.Error())
	f(func(x *finding.Finding) { x.Actor = finding.Actor{Kind: finding.Fingerprint, Value: "t13d"} }, "deny fingerprint:t13d")
}

func TestASharedAddressIsNarrowed(t *testing.T) {
	traffic := fakeTraffic{"192.0.2.7": {Successful: 100, Principals: 5}, "192.0.2.8": {Successful: 100, Principals: 4}}
	a := newAccount(LedgerOptions{Traffic: traffic})
	f := func(x finding.Finding, want string) {
		t.Helper()
		v := a.take(x, "", epoch)
		got := ""
		if v.Proposal != nil {
			got = v.Proposal.Target.String()
		} else if v.Refusal != nil {
			got = v.Refusal.Rule
		}
		if got != want {
			t.Errorf("%q, want %q: %+v", got, want, v)
		}
	}
	f(byMallory("192.0.2.8", "r1", epoch), "192.0.2.8")
	f(touchBy("192.0.2.7", "r2", epoch), "shared")
	f(byMallory("192.0.2.7", "r3", epoch), "192.0.2.7 & user:"+matchKey.Hash(block.ScopeUser, "mallory"))
	f(byMallory("192.0.2.7", "r4", epoch), "") // covered
	app := touchBy("192.0.2.7", "r6", epoch)
	app.Principal = finding.Actor{Kind: finding.Application, Value: "everybodys-app"}
	f(app, "192.0.2.7 & application:everybodys-app") // and nobody elsewhere who uses it
	silent := touchBy("192.0.2.7", "r5", epoch)
	silent.Wanted.Shadow = true
	f(silent, "192.0.2.7") // hurts nobody
	if e, _ := a.Actor(finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}); len(e.Blocks) != 3 || !e.BlockedUntil.After(epoch) {
		t.Errorf("blocks of the address: %v until %s", e.Blocks, e.BlockedUntil)
	}
}

func TestARuleDoesNotHitMany(t *testing.T) {
	traffic := fakeTraffic{"192.0.2.7": {Requests: 2000, Successful: 1001, Principals: 1}}
	a := newAccount(LedgerOptions{Traffic: traffic})
	v := a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
	if v.Refusal == nil || v.Refusal.Rule != "preview" || !strings.Contains(v.Refusal.Reason, "1001 successful") {
		t.Errorf("%+v", v)
	}
	flag := touchBy("192.0.2.7", "r2", epoch)
	flag.Wanted.Action = "flag"
	if v := a.take(flag, "", epoch); v.Proposal == nil || v.Proposal.Action != block.Flag {
		t.Errorf("a flag: %+v", v)
	}
}

// The stronger of two blocks on a target stands, whichever comes first.
func TestStrongerBlocksReplaceWeaker(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := func(action, want string, covered bool) {
		t.Helper()
		x := touchBy("192.0.2.7", action+want, epoch)
		x.Wanted.Action = action
		v := a.take(x, "", epoch)
		if covered != (v.Proposal == nil) || !covered && (v.Replaces == nil) != (want == "") || v.Replaces != nil && v.Replaces.Action.String() != want {
			t.Errorf("%s: %+v replaces %+v", action, v.Proposal, v.Replaces)
		}
	}
	f("flag", "", false)
	f("deny", "flag", false)
	f("flag", "", true)
	f("drop", "deny", false)
	f("deny", "", true)
}

func TestLifetimesGrow(t *testing.T) {
	a := newAccount(LedgerOptions{MaxLifetime: 20 * time.Hour})
	now := epoch
	f := func(want time.Duration, repeat int) {
		t.Helper()
		v := a.take(touchBy("192.0.2.7", now.String(), now), "", now)
		if v.Proposal == nil || v.Proposal.Lifetime() != want || v.Proposal.Repeat != repeat {
			t.Fatalf("%+v; want %s, repeat %d", v.Proposal, want, repeat)
		}
		now = v.Proposal.ExpiresAt().Add(time.Minute)
	}
	f(4*time.Hour, 0)
	f(8*time.Hour, 1)
	f(16*time.Hour, 2)
	f(20*time.Hour, 3)
	f(20*time.Hour, 4)
	v := a.take(touchBy("192.0.2.7", "mistake", now), "", now)
	a.End(v.Proposal.ID, EventRemoved, "token:x", "a mistake", now) // does not count
	now = now.Add(29 * 24 * time.Hour)
	a.Sweep(now)
	f(8*time.Hour, 1) // all but the last are longer ago
	now = now.Add(31 * 24 * time.Hour)
	a.Sweep(now)
	f(4*time.Hour, 0)
}

func TestIPv6IsWidened(t *testing.T) {
	a := newAccount(LedgerOptions{})
	n := 0
	touch := func(client string) Verdict {
		n++
		return a.take(touchBy(client, fmt.Sprint(n), epoch), "", epoch)
	}
	f := func(client, want string) {
		t.Helper()
		v := touch(client)
		if got := ""; v.Proposal != nil {
			if got = v.Proposal.Target.String(); got != want {
				t.Errorf("%s: block of %s, want %s", client, got, want)
			}
		} else if want != "" {
			t.Errorf("%s: %+v, want %s", client, v, want)
		}
	}
	site := func(s int) string { return fmt.Sprintf("2001:db8:1:%x00::/56", s) }
	for s := range 4 {
		for i := range 3 {
			f(fmt.Sprintf("2001:db8:1:%x0%x::1", s+1, i), fmt.Sprintf("2001:db8:1:%x0%x::/64", s+1, i))
		}
		if s < 3 {
			f(fmt.Sprintf("2001:db8:1:%x03::1", s+1), site(s+1))
			f(fmt.Sprintf("2001:db8:1:%x04::1", s+1), "") // covered
		}
	}
	f("2001:db8:1:403::1", "2001:db8:1::/48")
	f("2001:db8:1:9900::1", "")
	f("2001:db8:2::1", "2001:db8:2::/64")
}

// What lies in the wider prefix is as much protected.
func TestWideningAsksTheGuard(t *testing.T) {
	f := func(prepare func(a *account), want string) {
		t.Helper()
		a := newAccount(LedgerOptions{WidenAfter: 2})
		prepare(a)
		last := ""
		for i := range 4 { // two /64 in each of two /56
			client := fmt.Sprintf("2001:db8:1:%x0%x::1", i/2+1, i%2)
			if v := a.take(touchBy(client, client, epoch), "", epoch); v.Proposal != nil {
				last = v.Proposal.Target.String()
			}
		}
		if last != want {
			t.Errorf("widened to %s, want %s", last, want)
		}
	}
	exempt := func(target string) func(a *account) {
		return func(a *account) {
			x := block.Block{ID: 7, Segment: block.All, Action: block.Allow, LifetimeSeconds: 3600, CreatedAt: epoch, By: "token:x"}
			x.Target = targetOn(t, target).Exempt()
			a.Hold(x)
		}
	}
	f(func(*account) {}, "2001:db8:1::/48")
	f(exempt("2001:db8:1:ff00::1"), "2001:db8:1:200::/56")
	f(exempt("2001:db8:1:2ff::/64"), "2001:db8:1:201::/64")
	f(func(a *account) { a.guard = NewGuard(GuardOptions{Own: prefixes("2001:db8:1:ffff::1/128")}) }, "2001:db8:1:200::/56")
	f(func(a *account) {
		a.options.Traffic = fakeTraffic{"2001:db8:1::/48": {Successful: 5000}}
	}, "2001:db8:1:200::/56")
}

// An agent that refuses an address on its own is told to stop when the block
// that follows is on somebody behind it only.
func TestNarrowedTouchesAreWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) { o.Ledger.Traffic = fakeTraffic{"192.0.2.7": {Principals: 9}} })
		for _, x := range []finding.Finding{byMallory("192.0.2.7", "r1", time.Now()), byMallory("192.0.2.8", "r2", time.Now()), touchBy("192.0.2.7", "r3", time.Now())} {
			if err := s.Touch(t.Context(), "gw-a", x); err != nil {
				t.Fatal(err)
			}
		}
		flag := touchBy("192.0.2.9", "r4", time.Now())
		flag.Wanted.Action = "flag"
		if err := s.Touch(t.Context(), "gw-a", flag); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		name := "192.0.2.7 & user:" + matchKey.Hash(block.ScopeUser, "mallory")
		wantEvents(t, bus, "added "+name, "added 192.0.2.8", "added 192.0.2.9", "confirmed 192.0.2.8", "refused 192.0.2.7",
			"withdrawn 192.0.2.7", "withdrawn 192.0.2.7", "withdrawn 192.0.2.9")
		if len(bus.withdraw) != 3 {
			t.Errorf("withdrawn: %q", bus.withdraw)
		}
	})
}
