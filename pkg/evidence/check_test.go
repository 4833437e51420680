package evidence

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestDefaultRulesAreSound(t *testing.T) {
	if wrong := Check(DefaultRules(), NewScale(Options{})); len(wrong) > 0 {
		t.Error(wrong)
	}
	p := Default(NewScale(Options{}))
	if rules := p.Rules(); len(rules) != len(DefaultRules()) || rules[0].Tier != finding.Page {
		t.Errorf("the rules in force are %+v", rules)
	}
}

func TestCheck(t *testing.T) {
	f := func(want string, r Rule) {
		t.Helper()
		if r.Name == "" {
			r.Name = "x"
		}
		if r.Tier == 0 {
			r.Tier = finding.Page
		}
		wrong := Check([]Rule{r}, NewScale(Options{}))
		if got := wrong.Error(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
	f("wake somebody up", Rule{})
	f("would notify", Rule{Tier: finding.Notify})
	f("wake somebody up", Rule{Kinds: 1})
	f("wake somebody up", Rule{Risk: 0.2})
	f("wake somebody up", Rule{Found: []Match{{}}})
	f("wake somebody up", Rule{Found: []Match{{Suggested: finding.Log, Families: []string{"*"}, Hours: 1}}, Actors: []string{Person}})
	f("", Rule{Tier: finding.Log})
	f("", Rule{Risk: 0.9})
	f("", Rule{From: Internal})
	f("", Rule{Found: []Match{{}, {}}})
	f("risk: 1.5 can never hold", Rule{Risk: 1.5})
	f("kinds: 99 can never hold", Rule{Kinds: 99})
	f("within", Rule{Kinds: 2, Within: 99 * time.Hour})
	f("in_order", Rule{InOrder: true, Found: []Match{{Hours: 2}}})
	f("found: 5 are too many", Rule{Found: make([]Match, 5)})
	f("from", Rule{Kinds: 2, From: "mars"})
	f("actors[1]: \"planet\"", Rule{Kinds: 2, Actors: []string{"user", "planet"}})
	f("", Rule{Kinds: 2, Actors: []string{Principal, Anonymous}, From: External})
	f("unless.from: \"mars\"", Rule{Kinds: 2, Unless: Unless{From: "mars"}})
	f("unless.from: can never be of a place", Rule{Kinds: 2, Unless: Unless{From: External, Actors: []string{Place}}})
	f("unless.actors[0]: \"planet\"", Rule{Kinds: 2, Unless: Unless{Actors: []string{"planet"}}})
	f("unless.families[0]: \"[\" is no pattern", Rule{Kinds: 2, Unless: Unless{Families: []string{"["}}})
	f("unless: says the opposite of from", Rule{Kinds: 2, Unless: Unless{From: Internal}})
	f("would notify", Rule{Tier: finding.Notify, Unless: Unless{Actors: []string{Place}}})
	f("after_block: can never hold of a place", Rule{AfterBlock: true, Actors: []string{Place}})
	f("from: can never hold of a place", Rule{Kinds: 2, From: External, Actors: []string{"route"}})
	f("", Rule{AfterBlock: true, Actors: []string{Place, "user"}})
	f("found[0].rules[0]: \"[\" is no pattern", Rule{Found: []Match{{Rules: []string{"["}}}})
	f("found[0].except: can never hold", Rule{Found: []Match{{Families: []string{"decoy"}, Except: []string{"de*"}}}})
	f("found[0].except: can never hold: everything", Rule{Found: []Match{{Except: []string{"*"}}}})
	f("found[0].magnitude", Rule{Found: []Match{{Magnitude: 0.5}}})
	f("found[0].hours: 9 different hours", Rule{Found: []Match{{Hours: 9}}, Within: 3 * time.Hour})
	f("found[0]: can never hold: none of these rules rests on a statistic", Rule{Found: []Match{{Rules: []string{"decoy.env-file"}, Magnitude: 2}}})
}

func TestCheckOfAList(t *testing.T) {
	wrong := Check([]Rule{{Kinds: 2}, {Name: "a", Tier: finding.Log}, {Name: "a", Tier: finding.Log}}, NewScale(Options{}))
	if len(wrong) != 3 || wrong[0].Key != "name" || wrong[1].Key != "tier" || wrong[2].Rule != 2 {
		t.Errorf("%+v", wrong)
	}
	if _, err := NewPolicy(NewScale(Options{}), []Rule{{}}); err == nil {
		t.Error("a policy was made of nothing")
	}
}
