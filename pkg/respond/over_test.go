package respond

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// The end of something is told hours later, when its actor's story is over.
func TestEndRaisesNobody(t *testing.T) {
	f := func(shape finding.Shape) {
		t.Helper()
		a := newAccount(LedgerOptions{})
		x := anomaly("a", epoch)
		x.Actor, x.Tier, x.Statistic.Shape = finding.Actor{Kind: finding.User, Value: "alice"}, finding.Notify, shape
		if v := a.take(x, "", epoch); v.Tier != finding.Notify {
			t.Fatalf("%s: %+v", shape, v)
		}
		later := epoch.Add(4 * time.Hour)
		a.Rest(15*time.Minute, later)
		end := over(x, later)
		end.Statistic.Until = epoch.Add(time.Hour)
		v := a.take(end, "", later)
		who, _ := a.Actor(x.Actor)
		if v.Tier != 0 || !v.Grown || len(who.Stories) != 0 {
			t.Errorf("%s: told of its end: %+v, %+v", shape, v, who.Stories)
		}
		if last := who.Account.Strands[0].Last; last != end.Statistic.Until.UnixNano() {
			t.Errorf("%s: evidence of %s", shape, time.Unix(0, last).UTC())
		}
	}
	f(finding.Burst)
	f(finding.Behaviour)
	f(finding.Single)
}

func TestFirstWordOfWhatIsOver(t *testing.T) {
	f := func(name string, ago, lasted time.Duration, want finding.Tier, counts bool) {
		t.Helper()
		a := newAccount(LedgerOptions{Quiet: 20 * time.Minute})
		x := over(anomaly("a", epoch), epoch)
		x.Tier, x.Statistic.Until, x.Statistic.Since = finding.Notify, epoch.Add(-ago), epoch.Add(-ago-lasted)
		v := a.take(x, "", epoch)
		if who, _ := a.Actor(x.Actor); v.Tier != want || who.Account.Empty() == counts {
			t.Errorf("%s: tier %s, %+v", name, v.Tier, who)
		}
	}
	f("just now", 0, time.Minute, finding.Notify, true)
	f("within the quiet time", 20*time.Minute, time.Hour, finding.Notify, true)
	f("longer ago", 21*time.Minute, time.Minute, finding.Log, false)
	f("its beginning is forgotten", 0, 72*time.Hour, finding.Log, false)
}

// Old evidence lets nothing last longer that is told already.
func TestOldEvidenceProlongsNothing(t *testing.T) {
	a := newAccount(LedgerOptions{})
	x, old := touchBy("192.0.2.7", "r1", epoch), touchBy("192.0.2.7", "r2", epoch.Add(-9*time.Hour))
	x.Wanted, old.Wanted = finding.Wanted{}, finding.Wanted{}
	a.take(x, "", epoch)
	a.take(old, "", epoch.Add(10*time.Minute))
	a.Rest(15*time.Minute, epoch.Add(15*time.Minute))
	if who, _ := a.Actor(x.Actor); who.Tier != 0 {
		t.Errorf("%+v", who.Stories)
	}
}

// What lasts may be called something else in the course of it: its story is the
// same, and ends with it.
func TestWhatLastsChangesItsFamily(t *testing.T) {
	a := newAccount(LedgerOptions{})
	x := anomaly("a", epoch)
	a.take(x, "", epoch)
	other := grownTo(x, 900, epoch.Add(time.Minute))
	other.Family = finding.Errors
	a.take(other, "", other.Time)
	end := over(other, epoch.Add(2*time.Minute))
	a.take(end, "", end.Time)
	a.Rest(15*time.Minute, end.Time)
	if who, _ := a.Actor(x.Actor); len(who.Stories) != 0 {
		t.Errorf("%+v", who.Stories)
	}
}

// What an actor did besides is not over with what lasted.
func TestStoryIsNotOverWithWhatLasted(t *testing.T) {
	a := newAccount(LedgerOptions{})
	who := finding.Actor{Kind: finding.User, Value: "alice"}
	x := anomaly("a", epoch)
	attack := touchBy("192.0.2.7", "r1", epoch.Add(time.Minute))
	x.Actor, attack.Actor, attack.Wanted = who, who, finding.Wanted{}
	a.take(x, "", epoch)
	a.take(attack, "", attack.Time)
	end := over(x, epoch.Add(2*time.Minute))
	a.take(end, "", end.Time)
	f := func(at time.Duration, want bool) {
		t.Helper()
		a.Rest(15*time.Minute, epoch.Add(at))
		if actor, _ := a.Actor(who); (len(actor.Stories) == 0) != want {
			t.Errorf("after %s: %+v", at, actor.Stories)
		}
	}
	f(15*time.Minute, false)
	f(16*time.Minute, true)
}

// A discard holds for what grows though it was not among the latest then.
func TestDiscardHoldsForWhatGrows(t *testing.T) {
	a := newAccount(LedgerOptions{})
	x := anomaly("a", epoch)
	a.take(x, "", epoch)
	for i := range maxEvidence {
		a.take(anomaly(strings.Repeat("b", i+1), epoch.Add(time.Second)), "", epoch.Add(time.Second))
	}
	a.Discard(Discard{ID: "d", Actor: x.Actor, Rule: x.Rule, At: epoch.Add(time.Minute)})
	grown := grownTo(x, 900, epoch.Add(2*time.Minute))
	v := a.take(grown, "", grown.Time)
	if who, _ := a.Actor(x.Actor); !v.Discarded || who.Tier != 0 {
		t.Errorf("%+v, %+v", v, who)
	}
}

// What grows counts against the principal behind a shared address, as it did.
func TestWhatGrowsIsOfThePrincipal(t *testing.T) {
	x := byMallory("192.0.2.7", "r1", epoch)
	x.Tier, x.Statistic = finding.Notify, anomaly("a", epoch).Statistic
	x.Statistic.Shape = finding.Behaviour
	who, err := actorTarget(&x, x.Principal, "all")
	if err != nil {
		t.Fatal(err)
	}
	a := newAccount(LedgerOptions{Traffic: fakeTraffic{"192.0.2.7": {Principals: 9}, who.String(): {Successful: 3}}})
	a.take(x, "", epoch)
	grown := grownTo(x, 900, epoch.Add(time.Minute))
	if v := a.take(grown, "", grown.Time); v.About != mallory || !v.Grown {
		t.Errorf("%+v", v)
	}
	if address, _ := a.Actor(x.Actor); address.Tier != 0 {
		t.Errorf("the address is %+v", address)
	}
}

func TestEndOfAnAlertSaysWhatWasTheMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		f := touchBy("192.0.2.7", "r1", time.Now())
		f.Wanted.LifetimeSeconds = 0
		mustHandle(t, s, 1, f)
		raised := bus.active()
		if len(raised) != 1 || !strings.HasPrefix(raised[0].Annotations["description"], "1 finding, at ") {
			t.Fatalf("alerts are %+v", raised)
		}
		time.Sleep(s.options.Quiet + 2*time.Second)
		ends := bus.ended()
		want := map[string]string{"summary": raised[0].Annotations["summary"]}
		if len(ends) != 1 || !maps.Equal(ends[0].Annotations, want) {
			t.Errorf("ends are %+v, want %v", ends, want)
		}
	})
}

func TestEndOfAnAlertOfAForgottenActor(t *testing.T) {
	a := newAccount(LedgerOptions{MaxActors: 1})
	x := touchBy("192.0.2.7", "r1", epoch)
	a.take(x, "", epoch)
	a.announce(a.actors[x.Actor], Links{}, epoch)
	a.take(touchBy("192.0.2.8", "r2", epoch.Add(time.Second)), "", epoch.Add(time.Second))
	if ends := a.Rest(time.Hour, epoch.Add(time.Minute)); len(ends) != 1 || !strings.HasPrefix(ends[0].Annotations["summary"], "192.0.2.7: ") {
		t.Errorf("%+v", ends)
	}
}

// What was over comes back within the hour, under the same id: it is told
// again, and its beginning, read a second time, is not.
func TestWhatWasOverComesBack(t *testing.T) {
	a := newAccount(LedgerOptions{})
	x := anomaly("a", epoch)
	a.take(x, "", epoch)
	end := over(x, epoch.Add(10*time.Minute))
	a.take(end, "", end.Time)
	a.Rest(15*time.Minute, epoch.Add(11*time.Minute))
	if v := a.take(x, "", epoch.Add(12*time.Minute)); v.Grown || v.Tier != 0 {
		t.Errorf("its beginning, again: %+v", v)
	}
	back := grownTo(x, x.Statistic.Seen, epoch.Add(40*time.Minute))
	if v := a.take(back, "", back.Time); !v.Grown || v.Tier != finding.Log {
		t.Errorf("it comes back: %+v", v)
	}
}
