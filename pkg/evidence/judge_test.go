package evidence

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// story is findings in the order in which they come in.
type story struct {
	policy   *Policy
	kind     finding.ActorKind
	shift    Shift
	returned time.Time
	internal bool
}

func (s story) tell(findings ...*finding.Finding) Ruling {
	var a Account
	var r Ruling
	kind := finding.Address
	if s.kind != "" {
		kind = s.kind
	}
	for _, f := range findings {
		s.policy.Scale().Add(&a, f, 1)
		r = s.policy.Judge(Case{
			Account: &a, Finding: f, Actor: kind, Internal: s.internal, Returned: s.returned, Now: f.Time, Shift: s.shift,
		})
	}
	return r
}

func suggesting(tier finding.Tier, f *finding.Finding) *finding.Finding {
	f.Tier = tier
	return f
}

func sameRequest(f, as *finding.Finding) *finding.Finding {
	f.Sighting.Record = as.Sighting.Record
	return f
}

// TestStories: what the shipped tiers say of what may happen.
func TestStories(t *testing.T) {
	policy := Default(NewScale(Options{}))
	touch := func(minutes int) *finding.Finding { return found("decoy.env-file", finding.Decoy, minutes) }
	injection := func(minutes int) *finding.Finding { return found("sqli", "injection", minutes) }
	f := func(name string, s story, tier finding.Tier, rule string, findings ...*finding.Finding) {
		t.Helper()
		s.policy = policy
		if got := s.tell(findings...); got.Tier != tier || got.Rule != rule {
			t.Errorf("%s: %s by %q (%s), want %s by %q", name, got.Tier, got.Rule, got.Detail, tier, rule)
		}
	}
	person, place := story{}, story{kind: finding.Route}
	f("a scanner passes by", person, finding.Log, "a doubt", touch(0))
	f("it touches everything", person, finding.Log, "a doubt", touch(0), touch(1), found("decoy.git", finding.Decoy, 2))
	f("all day long", person, finding.Log, "a doubt", touch(0), touch(70), touch(140), touch(300), touch(600))
	f("a honeytoken is used", person, finding.Page, "known breach", suggesting(finding.Page, touch(0)))
	f("and a scanner's touch the day after", person, finding.Log, "a doubt", suggesting(finding.Page, touch(0)), touch(1500))
	f("two families", person, finding.Notify, "looks around and attacks", touch(0), injection(1))
	f("of one request", person, finding.Log, "a doubt", touch(0), sameRequest(injection(0), touch(0)))
	f("a week apart", person, finding.Log, "a doubt", touch(0), injection(7*24*60))
	f("one has no family", person, finding.Log, "a doubt", touch(0), found("custom", finding.Rule, 1))
	f("one thing in three ways", person, finding.Log, "a doubt",
		doubted("baseline.burst", finding.Volume, 0, 1e-6), doubted("behaviour.scraping", finding.Scraping, 1, 1e-6),
		doubted("behaviour.bot", finding.Automation, 2, 1e-6))
	f("a statistical doubt", place, finding.Log, "a doubt", doubted("baseline.burst", finding.Volume, 0, 1e-9))
	f("a small one that nothing bears out", place, finding.Log, "a doubt",
		doubted("baseline.burst", finding.Volume, 0, 0.3), doubted("baseline.glitch", finding.Errors, 1, 0.3))
	f("repeated", place, finding.Notify, "repeated", doubted("baseline.burst", finding.Volume, 0, 1e-4),
		doubted("baseline.burst", finding.Volume, 60, 1e-4), doubted("baseline.drop", finding.Volume, 120, 1e-4))
	f("repeated within the hour", place, finding.Log, "a doubt", doubted("baseline.burst", finding.Volume, 0, 1e-4),
		doubted("baseline.burst", finding.Volume, 10, 1e-4), doubted("baseline.burst", finding.Volume, 20, 1e-4))
	f("errors and latency of a route", place, finding.Notify, "evidence of several families",
		doubted("baseline.glitch", finding.Errors, 0, 1e-4), doubted("baseline.glitch-latency", finding.Latency, 1, 1e-4))
	f("a rule says so", person, finding.Notify, "consistent issue", suggesting(finding.Notify, injection(0)))
	f("came back", story{returned: epoch}, finding.Notify, "came back after its block", touch(300))
	f("worked after an attack", person, finding.Page, "success after an attack",
		injection(0), doubted("baseline.first", finding.Novelty, 5, 1e-3))
	f("worked before an attack", person, finding.Notify, "evidence of several families",
		doubted("baseline.first", finding.Novelty, 0, 1e-3), injection(5))
	f("worked long after", person, finding.Log, "a doubt",
		injection(0), doubted("baseline.first", finding.Novelty, 60*60, 1e-2))
	f("of a place", place, finding.Notify, "evidence of several families",
		injection(0), doubted("baseline.first", finding.Novelty, 5, 1e-3))
}

// TestStoriesOfExfiltration: what a client without a name may read is none.
func TestStoriesOfExfiltration(t *testing.T) {
	policy := Default(NewScale(Options{}))
	f := func(name string, kind finding.ActorKind, tier finding.Tier, rule string, findings ...*finding.Finding) {
		t.Helper()
		if got := (story{policy: policy, kind: kind}).tell(findings...); got.Tier != tier || got.Rule != rule {
			t.Errorf("%s: %s by %q (%s), want %s by %q", name, got.Tier, got.Rule, got.Detail, tier, rule)
		}
	}
	walks := found("behaviour.object-enumeration", finding.Object, 0)
	pages := suggesting(finding.Notify, doubted("behaviour.scraping", finding.Scraping, 1, 1e-6))
	takes := suggesting(finding.Notify, doubted("behaviour.volume", finding.Exfiltration, 30, 1e-6))
	f("a user takes the objects of others", finding.User, finding.Page, "confirmed exfiltration", walks, takes)
	f("a token does", finding.Token, finding.Page, "confirmed exfiltration", walks, takes)
	f("an address takes the whole catalogue", finding.Address, finding.Notify, "consistent issue", walks, pages, takes)
	f("a prefix does", finding.Prefix, finding.Notify, "consistent issue", walks, pages, takes)
	f("without that it is sure", finding.Address, finding.Notify, "evidence of several families",
		walks, doubted("behaviour.volume", finding.Exfiltration, 30, 1e-6))
	f("it has attacked", finding.Address, finding.Page, "exfiltration by an attacker", found("sqli", "injection", 0), takes)
	f("the attack is seen later", finding.Address, finding.Page, "exfiltration by an attacker",
		doubted("behaviour.volume", finding.Exfiltration, 0, 1e-6), found("sqli", "injection", 30))
	f("it has guessed passwords", finding.Address, finding.Page, "exfiltration by an attacker", found("stuffing", finding.Credential, 0), takes)
	f("it has touched a decoy", finding.Address, finding.Notify, "consistent issue", found("decoy.git", finding.Decoy, 0), takes)
	f("a user has", finding.User, finding.Page, "confirmed exfiltration", found("decoy.git", finding.Decoy, 0), takes)
	f("the detector is sure", finding.Address, finding.Page, "known breach", suggesting(finding.Page, doubted("behaviour.volume", finding.Exfiltration, 0, 1e-9)))
	f("exfiltration alone", finding.User, finding.Notify, "consistent issue", takes)
	f("and looking around", finding.Address, finding.Notify, "looks around and attacks",
		found("scan", "scanner", 0), doubted("behaviour.volume", finding.Exfiltration, 30, 1e-6))
}

// TestStoriesOfThoseWhoLookAround: they are blocked, and wake nobody.
func TestStoriesOfThoseWhoLookAround(t *testing.T) {
	policy := Default(NewScale(Options{}))
	f := func(name string, s story, tier finding.Tier, rule string, findings ...*finding.Finding) {
		t.Helper()
		s.policy = policy
		if got := s.tell(findings...); got.Tier != tier || got.Rule != rule {
			t.Errorf("%s: %s by %q (%s), want %s by %q", name, got.Tier, got.Rule, got.Detail, tier, rule)
		}
	}
	outside, inside, user := story{}, story{internal: true}, story{kind: finding.User}
	touch := found("decoy.env-file", finding.Decoy, 0)
	probe := suggesting(finding.Notify, found("probes", "recon", 1))
	tool := suggesting(finding.Notify, found("tool", "scanner", 2))
	listed := found("feed", finding.Intel, 0)
	f("a decoy, a probe and a tool within a second", outside, finding.Log, "a doubt", touch, probe, tool)
	f("listed, and probing", outside, finding.Log, "a doubt", listed, probe)
	f("a tool alone", outside, finding.Log, "a doubt", tool)
	f("spam by somebody listed", outside, finding.Log, "a doubt", listed, suggesting(finding.Notify, found("form", "spam", 3)))
	f("a prefix of IPv6", story{kind: finding.Prefix}, finding.Log, "a doubt", touch, probe)
	f("with all that it brings along", outside, finding.Log, "a doubt", touch, probe,
		suggesting(finding.Notify, found("refusals", "protocol", 2)), doubted("baseline.burst", finding.Volume, 3, 1e-9),
		doubted("baseline.glitch", finding.Errors, 4, 1e-9))
	f("for hours", outside, finding.Log, "a doubt", touch, doubted("baseline.glitch", finding.Errors, 5, 1e-6),
		doubted("baseline.glitch", finding.Errors, 65, 1e-6), doubted("baseline.glitch", finding.Errors, 125, 1e-6))
	f("two days after", outside, finding.Notify, "evidence of several families", touch,
		doubted("baseline.burst", finding.Volume, 48*60, 1e-9), doubted("baseline.glitch", finding.Errors, 48*60+1, 1e-9))
	f("it goes on after its block", story{returned: epoch}, finding.Notify, "came back after its block", touch, probe)
	f("it gets in", outside, finding.Notify, "looks around and gets in", touch, doubted("baseline.first", finding.Novelty, 5, 1e-4))
	f("it was in before", outside, finding.Log, "a doubt", doubted("baseline.first", finding.Novelty, 0, 1e-4), found("decoy.git", finding.Decoy, 5))
	f("a secret was served", outside, finding.Page, "known breach", touch, suggesting(finding.Page, found("served", "recon", 1)))
	for _, family := range []finding.Family{"injection", finding.Credential, finding.Object, "function", finding.Tokens, finding.Exfiltration} {
		f("then "+string(family), outside, finding.Notify, "looks around and attacks", touch, found("attack", family, 5))
		f(string(family)+" first", outside, finding.Notify, "looks around and attacks", found("attack", family, 0), found("decoy.git", finding.Decoy, 5))
	}
	f("an attack beyond doubt", outside, finding.Notify, "consistent issue", touch, sameRequest(suggesting(finding.Notify, found("jndi", "injection", 0)), touch))
	f("a rule of one's own", outside, finding.Notify, "consistent issue", touch, suggesting(finding.Notify, found("own", finding.Rule, 5)))
	f("a decoy inside an API", outside, finding.Notify, "consistent issue", touch, suggesting(finding.Notify, found("decoy.in", finding.Decoy, 5)))
	f("a list that matters here", outside, finding.Notify, "consistent issue", suggesting(finding.Notify, found("feed", finding.Intel, 5)))
	f("from inside", inside, finding.Notify, "more than looking around", tool)
	f("two kinds from inside", inside, finding.Notify, "evidence of several families", listed, touch)
	f("a user", user, finding.Notify, "more than looking around", probe)
	f("a user and a decoy", user, finding.Notify, "evidence of several families", touch, found("probes", "recon", 1))
	f("who does not look around", outside, finding.Notify, "evidence of several families",
		doubted("baseline.burst", finding.Volume, 0, 1e-9), doubted("baseline.glitch", finding.Errors, 1, 1e-9))
	f("an open proxy is looked for", outside, finding.Notify, "more than looking around", suggesting(finding.Notify, found("proxy", "protocol", 0)))
}

func TestFeedbackMovesTiersButNoCertainty(t *testing.T) {
	policy := Default(NewScale(Options{}))
	doubtful := func(string) float64 { return -2.5 }
	f := func(want finding.Tier, shift Shift, findings ...*finding.Finding) {
		t.Helper()
		if got := (story{policy: policy, shift: shift}).tell(findings...); got.Tier != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	f(finding.Notify, nil, suggesting(finding.Notify, found("r", "injection", 0)))
	f(finding.Log, doubtful, suggesting(finding.Notify, found("r", "injection", 0)))
	f(finding.Page, doubtful, suggesting(finding.Page, found("r", "injection", 0)))
	f(finding.Log, doubtful, found("r", "injection", 0), found("s", "recon", 1))
	f(finding.Log, doubtful, doubted("r", finding.Volume, 0, 0.1), doubted("r", finding.Volume, 60, 0.1), doubted("r", finding.Volume, 120, 0.1))
	f(finding.Notify, func(rule string) float64 { return 1 }, found("r", "injection", 0), found("s", "recon", 1))
}

func TestUnless(t *testing.T) {
	touch := found("decoy.git", finding.Decoy, 0)
	twice := []*finding.Finding{touch, found("sqli", "injection", 60)}
	f := func(want bool, u Unless, s story, findings ...*finding.Finding) {
		t.Helper()
		policy, err := NewPolicy(NewScale(Options{}), []Rule{{Name: "it", Tier: finding.Notify, Found: []Match{{Families: []string{"injection"}}}, Within: 2 * time.Hour, Unless: u}})
		if err != nil {
			t.Fatalf("%+v: %v", u, err)
		}
		s.policy = policy
		if got := s.tell(findings...); (got.Rule == "it") != want {
			t.Errorf("%+v: holds %v", u, !want)
		}
	}
	f(true, Unless{}, story{}, twice...)
	f(false, Unless{Families: []string{"de*"}}, story{}, twice...)
	f(true, Unless{Families: []string{"recon"}}, story{}, twice...)
	f(true, Unless{Families: []string{"decoy"}}, story{}, touch, found("sqli", "injection", 121)) // too long ago
	f(false, Unless{Actors: []string{Anonymous}, From: External, Families: []string{"decoy"}}, story{}, twice...)
	f(true, Unless{Actors: []string{Anonymous}, Families: []string{"decoy"}}, story{kind: finding.User}, twice...)
	f(false, Unless{Actors: []string{Principal}}, story{kind: finding.Key}, twice...)
	f(true, Unless{Actors: []string{Anonymous}}, story{kind: finding.Route}, twice...)
	f(true, Unless{From: External, Families: []string{"decoy"}}, story{internal: true}, twice...)
}

func TestConditions(t *testing.T) {
	twice := []*finding.Finding{doubted("baseline.burst", finding.Volume, 0, 1e-6), doubted("baseline.glitch", finding.Errors, 30, 1e-6)}
	f := func(want bool, r Rule, s story, findings ...*finding.Finding) {
		t.Helper()
		r.Name, r.Tier = "it", finding.Notify
		policy, err := NewPolicy(NewScale(Options{}), []Rule{r})
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		s.policy = policy
		if got := s.tell(findings...); (got.Rule == "it") != want {
			t.Errorf("%+v holds: %v, %q", r, !want, got.Reason())
		}
	}
	f(true, Rule{Risk: 0.9}, story{}, twice...)
	f(false, Rule{Risk: 0.999}, story{}, twice...)
	f(true, Rule{Found: []Match{{Magnitude: 10}}}, story{}, twice...)
	f(false, Rule{Found: []Match{{Magnitude: 11}}}, story{}, twice...)
	f(false, Rule{Found: []Match{{Magnitude: 2}}}, story{}, found("r", "x", 0))
	f(false, Rule{Found: []Match{{Statistical: true}}}, story{}, found("r", "x", 0))
	f(true, Rule{Found: []Match{{Rules: []string{"baseline.*"}}}}, story{}, twice...)
	f(false, Rule{Found: []Match{{Rules: []string{"baseline.*"}, Except: []string{"*.glitch"}}}}, story{}, twice...)
	f(false, Rule{Found: []Match{{Rules: []string{"baseline.burst"}}}}, story{}, twice...) // it was not what came in
	f(true, Rule{Actors: []string{"route", "api"}, Kinds: 2}, story{kind: finding.API}, twice...)
	f(false, Rule{Actors: []string{"route", "user"}, Kinds: 2}, story{kind: finding.API}, twice...)
	f(true, Rule{Actors: []string{Place}, Kinds: 2}, story{kind: finding.API}, twice...)
	f(true, Rule{From: Internal, Kinds: 2}, story{internal: true}, twice...)
	f(false, Rule{From: External, Kinds: 2}, story{internal: true}, twice...)
	both := []Match{{Families: []string{"volume"}}, {Families: []string{"errors"}}}
	f(true, Rule{Found: both, InOrder: true}, story{}, twice...)
	f(true, Rule{Found: both, InOrder: true}, story{}, twice[1], twice[0]) // in the order of the records
	f(false, Rule{Found: []Match{both[1], both[0]}, InOrder: true}, story{}, twice...)
	f(false, Rule{Found: both, Within: 29 * time.Minute}, story{}, twice...)
	f(true, Rule{Found: both, Within: 31 * time.Minute}, story{}, twice...)
	f(false, Rule{Found: append(both, Match{Families: []string{"e*"}})}, story{}, twice...) // the errors are one strand
}

// TestOrderWithinTheHourIsNotGuessed: of most findings only the hour is known.
func TestOrderWithinTheHourIsNotGuessed(t *testing.T) {
	s := NewScale(Options{})
	policy, err := NewPolicy(s, []Rule{{
		Name: "it", Tier: finding.Page, InOrder: true, Within: 2 * time.Hour,
		Found: []Match{{Families: []string{"injection"}}, {Rules: []string{"baseline.first"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(want bool, first int, attacks ...int) {
		t.Helper()
		var findings []*finding.Finding
		for _, at := range attacks {
			findings = append(findings, found("sqli", "injection", at))
		}
		findings = append(findings, doubted("baseline.first", finding.Novelty, first, 1e-4))
		if got := (story{policy: policy}).tell(findings...); (got.Rule == "it") != want {
			t.Errorf("attacks at %v, first at %d: %+v", attacks, first, got)
		}
	}
	f(true, 20, 10)
	f(false, 20, -600, 30) // within the same hour, after it
	f(true, 80, -600, 10, 85)
}

func TestRulingNamesItsRule(t *testing.T) {
	got := story{policy: Default(NewScale(Options{}))}.tell(found("a", "injection", 0), found("b", "format", 1))
	if got.Reason() != "evidence of several families: format, injection" {
		t.Errorf("reason is %q", got.Reason())
	}
	page := story{policy: Default(NewScale(Options{}))}.tell(found("a", "injection", 0), doubted("baseline.first", finding.Novelty, 5, 1e-3))
	if !strings.HasPrefix(page.Reason(), "success after an attack: injection (a) at 2026-01-02T03:04:05Z, novelty (baseline.first) at") {
		t.Errorf("reason is %q", page.Reason())
	}
	if (Ruling{Rule: "x"}).Reason() != "" {
		t.Error("a ruling without a detail has a reason")
	}
}

func TestWithoutRulesAllIsLogged(t *testing.T) {
	policy, err := NewPolicy(NewScale(Options{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := (story{policy: policy}).tell(suggesting(finding.Page, found("r", "x", 0))); got.Tier != finding.Log || got.Rule != "" {
		t.Errorf("%+v", got)
	}
}
