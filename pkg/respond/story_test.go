package respond

import (
	"encoding/json"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// anomaly makes a finding about a route that lasts.
func anomaly(id string, at time.Time) finding.Finding {
	return finding.Finding{
		ID: finding.NewID("baseline", id), Time: at, Rule: "baseline.burst", RuleVersion: "1", Family: finding.Volume, Tier: finding.Log,
		Score: 0.7, Actor: finding.Actor{Kind: finding.Route, Value: "GET /users/{id}"}, Title: "GET /users/{id} is asked for far more",
		Reason: "400 requests a minute", API: "shop", Owner: "team-a", Sighting: finding.Sighting{Gateway: "gw-1"},
		Statistic: &finding.Statistic{
			Shape: finding.Burst, Series: "requests a minute of GET /users/{id}", Unit: "requests", Expected: 20, Lower: 5, Upper: 60, Seen: 400,
			Since: at, Probability: 1e-6, Parts: []finding.Part{{Kind: "address", Value: "192.0.2.7", Share: 0.91}},
		},
	}
}

// errorsOf makes an anomaly one of errors.
func errorsOf(f finding.Finding) finding.Finding {
	f.ID, f.Rule, f.Family = finding.NewID(f.ID, "errors"), "baseline.glitch", finding.Errors
	s := *f.Statistic
	s.Shape, f.Statistic = finding.Glitch, &s
	return f
}

func over(f finding.Finding, at time.Time) finding.Finding {
	s := *f.Statistic
	s.Until, f.Statistic, f.Time = at, &s, at
	return f
}

func grownTo(f finding.Finding, seen float64, at time.Time) finding.Finding {
	s := *f.Statistic
	s.Seen, f.Statistic, f.Time = seen, &s, at
	return f
}

func TestAnomalyIsOneAlertFromBeginningToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		began := anomaly("a", time.Now())
		mustHandle(t, s, 1, began)
		first := bus.active()
		if len(first) != 1 || first[0].Labels["tier"] != "log" {
			t.Fatalf("alerts are %+v", first)
		}
		want := map[string]string{
			"alertname": ActorAlert, "actor_kind": "route", "actor": "GET /users/{id}", "tier": "log", "family": "volume",
			"api": "shop", "owner": "team-a", "shape": "burst", "gateway": "gw-1",
		}
		if !maps.Equal(first[0].Labels, want) {
			t.Errorf("labels are %v, want %v", first[0].Labels, want)
		}
		time.Sleep(20 * time.Minute)
		grown := grownTo(began, 900, time.Now())
		grown.Owner, grown.Sighting.Gateway = "team-b", "gw-2"
		mustHandle(t, s, 2, grown)
		mustHandle(t, s, 2, began) // it comes again
		time.Sleep(time.Hour)      // it lasts, though nothing is said of it
		now := bus.active()
		if len(now) != 1 || !maps.Equal(now[0].Labels, want) || !strings.Contains(now[0].Annotations["statistic"], "seen 900 requests") {
			t.Fatalf("an hour later: %+v", now)
		}
		mustHandle(t, s, 3, over(grown, time.Now()))
		time.Sleep(2 * time.Second)
		wantRaised(t, bus, map[string]string{})
		if n := bus.count(Findings); n != 1 || s.Stats().Findings != 1 {
			t.Errorf("%d rows, %d findings", n, s.Stats().Findings)
		}
	})
}

func TestAnomalyWhoseEndIsLostEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		mustHandle(t, s, 1, anomaly("a", time.Now()))
		time.Sleep(lastingFor - time.Minute)
		wantRaised(t, bus, map[string]string{"GET /users/{id}": "log"})
		time.Sleep(2 * time.Minute)
		wantRaised(t, bus, map[string]string{})
	})
}

// Each family of trouble of a place is a story of its own; two of them are a
// consistent issue.
func TestStoriesOfAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		volume := anomaly("a", time.Now())
		mustHandle(t, s, 1, volume)
		fails := errorsOf(anomaly("a", time.Now()))
		mustHandle(t, s, 2, fails)
		tiers := map[string]string{}
		for _, a := range bus.active() {
			tiers[a.Labels["family"]] = a.Labels["tier"]
		}
		if !maps.Equal(tiers, map[string]string{"volume": "log", "errors": "notify"}) {
			t.Errorf("alerts are %v", tiers)
		}
		actor, err := s.Actor(volume.Actor)
		if err != nil || actor.Tier != finding.Notify || len(actor.Stories) != 2 || actor.Risk < 0.9 {
			t.Errorf("the route is %+v, %v", actor, err)
		}
		mustHandle(t, s, 3, over(fails, time.Now()))
		time.Sleep(2 * time.Second)
		wantRaised(t, bus, map[string]string{"GET /users/{id}": "log"})
		if actor, _ := s.Actor(volume.Actor); actor.Tier != finding.Log {
			t.Errorf("the route has the tier %s", actor.Tier)
		}
	})
}

func TestStoriesSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		volume, fails := anomaly("a", time.Now()), errorsOf(anomaly("a", time.Now()))
		mustHandle(t, s, 1, volume, fails)
		s.stop()
		bus.forgetAlerts()
		again := start(t, bus)
		time.Sleep(time.Second)
		if n := len(bus.active()); n != 2 {
			t.Errorf("%d alerts are raised again, want 2", n)
		}
		mustHandle(t, again, 2, over(fails, time.Now()), over(volume, time.Now()))
		time.Sleep(2 * time.Second)
		wantRaised(t, bus, map[string]string{})
	})
}

func TestPlacesAreNeverBlocked(t *testing.T) {
	for _, kind := range []finding.ActorKind{finding.Service, finding.Gateway, finding.Source, finding.API, finding.Route, finding.Network} {
		f := anomaly("a", epoch)
		f.Actor.Kind, f.Wanted.LifetimeSeconds, f.Wanted.Target = kind, 3600, "192.0.2.7"
		if v := newAccount(LedgerOptions{}).take(f, "", epoch); v.Proposal != nil || v.Refusal != nil || v.Note == "" || v.Tier != finding.Log {
			t.Errorf("%s: %+v", kind, v)
		}
	}
}

// What we refuse ourselves makes nobody more suspicious, even if a gateway does
// not say that it was us.
func TestOwnDenialsDoNotEscalate(t *testing.T) {
	f := func(name string, change func(*finding.Finding), want finding.Tier) {
		t.Helper()
		a := newAccount(LedgerOptions{})
		a.take(touchBy("192.0.2.7", "r1", epoch), "", epoch)
		x := touchBy("192.0.2.7", "r2", epoch.Add(time.Minute))
		x.Rule, x.Family, x.Tier, x.Sighting.Status = "attack", "injection", finding.Notify, 403
		change(&x)
		if v := a.take(x, "", x.Time); v.Tier != want {
			t.Errorf("%s: tier %s, want %s", name, v.Tier, want)
		}
	}
	f("refused", func(*finding.Finding) {}, finding.Log)
	f("passed", func(x *finding.Finding) { x.Sighting.Status = 404 }, finding.Notify)
	f("before the block", func(x *finding.Finding) { x.Time = epoch.Add(-time.Second) }, finding.Notify)
	f("after it", func(x *finding.Finding) { x.Time = epoch.Add(5 * time.Hour) }, finding.Notify)
	f("somebody else", func(x *finding.Finding) { x.Actor.Value = "192.0.2.8" }, finding.Notify)
	f("a honeytoken", func(x *finding.Finding) { x.Tier = finding.Page }, finding.Page)
}

// The evidence of an address that many share is about the principal behind it.
func TestSharedAddressIsNarrowedToThePrincipal(t *testing.T) {
	f := func(name string, traffic fakeTraffic, want finding.Actor) {
		t.Helper()
		a := newAccount(LedgerOptions{Traffic: traffic})
		x := byMallory("192.0.2.7", "r1", epoch)
		v := a.take(x, "", epoch)
		if v.About != want || v.Tier != finding.Log {
			t.Errorf("%s: about %s, tier %s; want %s", name, v.About, v.Tier, want)
		}
		who, _ := a.Actor(want)
		if who.Tier != finding.Log || a.risk(&who, epoch) < 0.2 {
			t.Errorf("%s: %+v", name, who)
		}
		if address, _ := a.Actor(x.Actor); want == mallory && (address.Tier != 0 || a.risk(&address, epoch) > 0.1 || address.Findings != 1) {
			t.Errorf("%s: the address is %+v", name, address)
		}
	}
	x := byMallory("192.0.2.7", "r1", epoch)
	who, err := actorTarget(&x, x.Principal, "all")
	if err != nil {
		t.Fatal(err)
	}
	known := who.String()
	f("many share it", fakeTraffic{"192.0.2.7": {Principals: 9}, known: {Successful: 3}}, mallory)
	f("few do", fakeTraffic{"192.0.2.7": {Principals: 2}, known: {Successful: 3}}, x.Actor)
	f("nobody knows mallory", fakeTraffic{"192.0.2.7": {Principals: 9}}, x.Actor)
	f("mallory never succeeded", fakeTraffic{"192.0.2.7": {Principals: 9}, known: {Requests: 7}}, x.Actor)
	f("nothing is known", nil, x.Actor)
}

func TestDiscardOfAPrincipalClearsTheAddressToo(t *testing.T) {
	x := byMallory("192.0.2.7", "r1", epoch)
	who, err := actorTarget(&x, x.Principal, "all")
	if err != nil {
		t.Fatal(err)
	}
	a := newAccount(LedgerOptions{Traffic: fakeTraffic{"192.0.2.7": {Principals: 9}, who.String(): {Successful: 3}}})
	a.take(x, "", epoch)
	changed := a.Discard(Discard{ID: "d", Actor: x.Principal, Rule: x.Rule, At: epoch}).actors
	if len(changed) != 2 {
		t.Errorf("changed %v", changed)
	}
	for _, key := range changed {
		if actor, _ := a.Actor(key); actor.Tier != 0 || !actor.Account.Empty() {
			t.Errorf("left is %+v", actor)
		}
	}
}

func TestTiersAreReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		policy, err := evidence.NewPolicy(evidence.NewScale(evidence.Options{}), []evidence.Rule{
			{Name: "decoys matter here", Tier: finding.Notify, Found: []evidence.Match{{Families: []string{"decoy"}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.SetTiers(policy, nil)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		wantRaised(t, bus, map[string]string{"192.0.2.7": "notify"})
		if s.Tiers() != policy || bus.active()[0].Annotations["tier_rule"] != "decoys matter here" {
			t.Errorf("alert is %+v", bus.active()[0])
		}
	})
}

func TestInternalActors(t *testing.T) {
	l := NewLedger(LedgerOptions{Internal: prefixes("10.0.0.0/8", "fc00::/7")})
	f := func(text string, want bool) {
		t.Helper()
		a, err := finding.ParseActor(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.internal(a); got != want {
			t.Errorf("%s is internal: %v", text, got)
		}
	}
	f("10.1.2.3", true)
	f("192.0.2.7", false)
	f("fd00::1", true)
	f("2001:db8::1", false)
	f("user:10.1.2.3", false)
	f("prefix:10.0.0.0/7", false)
}

func TestNumbersThatAreNoneDoNotStopACheckpoint(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := anomaly("a", epoch)
	f.Statistic.Expected, f.Statistic.Lower, f.Statistic.Parts[0].Share = math.NaN(), math.Inf(-1), math.NaN()
	a.take(f, "", epoch)
	if _, err := json.Marshal(a.Ledger); err != nil {
		t.Error(err)
	}
	if !math.IsNaN(f.Statistic.Expected) {
		t.Error("somebody else's finding was changed")
	}
}

// TestLedgerOfTheSecondVersion: actors of before there were accounts have one,
// of the evidence that is there, and keep their alert.
func TestLedgerOfTheSecondVersion(t *testing.T) {
	touch, _ := json.Marshal(touchBy("192.0.2.7", "r1", epoch))
	text := `{"version":2,"actors":[{"actor":{"kind":"address","value":"192.0.2.7"},"tier":"notify","reasons":["why"],"families":["decoy"],
		"findings":1,"first_seen":"2026-01-02T03:04:05Z","last_seen":"2026-01-02T03:04:05Z","touched":"2026-01-02T03:04:05Z",
		"evidence":[` + string(touch) + `],
		"alert":{"actor":{"kind":"address","value":"192.0.2.7"},"tier":"notify","family":"decoy","starts_at":"2026-01-02T03:04:05Z"}}]}`
	l := NewLedger(LedgerOptions{})
	if err := json.Unmarshal([]byte(text), l); err != nil {
		t.Fatal(err)
	}
	check := func(l *Ledger) {
		t.Helper()
		a, ok := l.Actor(touchBy("192.0.2.7", "", epoch).Actor)
		if !ok || a.Tier != finding.Notify || len(a.Account.Strands) != 1 || len(a.Stories) != 1 || a.Stories[0].Alert == nil {
			t.Fatalf("%+v", a)
		}
		if alerts := l.active(Links{}, epoch); len(alerts) != 1 || alerts[0].Labels["tier"] != "notify" || !strings.Contains(alerts[0].Annotations["summary"], "why") {
			t.Errorf("alerts are %+v", alerts)
		}
	}
	check(l)
	data, err := json.Marshal(l)
	if err != nil || strings.Contains(string(data), `"alert":null`) {
		t.Fatalf("%s, %v", data, err)
	}
	again := NewLedger(LedgerOptions{})
	if err := json.Unmarshal(data, again); err != nil {
		t.Fatal(err)
	}
	check(again)
}

func TestRestEndsWhatIsQuiet(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := touchBy("198.51.100.7", "r1", epoch)
	a.take(f, "", epoch)
	a.announce(a.actors[f.Actor], Links{}, epoch)
	if over := a.Rest(time.Hour, epoch.Add(59*time.Minute)); len(over) != 0 {
		t.Errorf("over too early: %+v", over)
	}
	if over := a.Rest(time.Hour, epoch.Add(time.Hour)); len(over) != 1 || over[0].EndsAt.IsZero() {
		t.Errorf("over: %+v", over)
	}
	if actor, _ := a.Actor(f.Actor); actor.Tier != 0 || len(actor.Reasons)+len(actor.Families)+len(actor.Stories) != 0 || actor.Account.Empty() {
		t.Errorf("%+v", actor)
	}
}
