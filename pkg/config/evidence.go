package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Evidence is how what was found about an actor adds up. Weights are natural
// logarithms of odds: 2.3 make odds ten times what they were.
type Evidence struct {
	Prior            float64                  `yaml:"prior" doc:"Probability that somebody about whom there is no evidence is up to no good, or a place is not well."`
	HalfLife         time.Duration            `yaml:"half_life" doc:"After how long evidence weighs half."`
	HalfLives        map[string]time.Duration `yaml:"half_lives" doc:"The same for families of findings that fade otherwise."`
	Cap              float64                  `yaml:"cap" doc:"The most that all evidence of one family weighs, as a natural logarithm of odds: 6 make odds 400 times what they were. An ordinary doubt weighs 2."`
	Kin              [][]string               `yaml:"kin" doc:"Groups of families that tell of one thing in several ways: each group is one kind of evidence."`
	FeedbackHalfLife time.Duration            `yaml:"feedback_half_life" doc:"After how long an analyst's keep or discard moves a rule half as much."`
}

// TierRule says what makes a tier. All that it says must hold.
type TierRule struct {
	Name       string        `yaml:"name" doc:"Of the rule: people read it as the reason."`
	Tier       string        `yaml:"tier" doc:"log (kept, told in a digest), notify (told during the day) or page (wakes somebody up). The most urgent rule that holds makes the tier; a finding is logged at least."`
	Found      []TierFound   `yaml:"found" doc:"What must have been found, each by requests of its own and one of them by the finding that has just come."`
	InOrder    bool          `yaml:"in_order" doc:"One after the other, as they stand in found."`
	Within     time.Duration `yaml:"within" doc:"How far back found looks. Default: 24h; at most 64h."`
	Kinds      int           `yaml:"kinds" doc:"So many independent kinds of evidence: families, or groups of them in evidence.kin, that still weigh something."`
	Risk       float64       `yaml:"risk" doc:"The risk that the evidence comes to is so high at least, 0 to 1."`
	AfterBlock bool          `yaml:"after_block" doc:"The actor came back after a block that had run its time."`
	Actors     []string      `yaml:"actors" doc:"Kinds of actors of which it must be one: user, application, key, token (principal: any of these), address, prefix, session, fingerprint (anonymous), any of both (person), service, gateway, source, api, route, network (place)."`
	From       string        `yaml:"from" doc:"internal (an address of network.internal) or external."`
	Unless     TierUnless    `yaml:"unless" doc:"Of whom the rule does not hold: those of whom all that is said here is true. Empty: nobody."`
}

// TierUnless says of whom a rule does not hold.
type TierUnless struct {
	Actors   []string `yaml:"actors" doc:"As tiers[].actors."`
	From     string   `yaml:"from" doc:"As tiers[].from."`
	Families []string `yaml:"families" doc:"Families, or patterns: one of them was found of the actor, as far back as found looks."`
}

// TierFound says which findings are meant. All that it says must hold.
type TierFound struct {
	Rules       []string `yaml:"rules" doc:"Ids of rules, or patterns such as behaviour.*."`
	Families    []string `yaml:"families" doc:"Families, or patterns."`
	Except      []string `yaml:"except" doc:"Ids of rules or families that are left out, or patterns."`
	Suggested   string   `yaml:"suggested" doc:"The tier that the finding suggests by itself, or a more urgent one. The notify of a rule that analysts have discarded time and again does not count; a page always does."`
	Statistical bool     `yaml:"statistical" doc:"It rests on a statistic: of baselines or behaviour."`
	Magnitude   float64  `yaml:"magnitude" doc:"What was seen is so many times what was expected, or the other way round."`
	Hours       int      `yaml:"hours" doc:"Evidence of its family was found in so many different hours."`
}

// String is the rule in short.
func (t TierRule) String() string { return t.Tier + ": " + t.Name }

func defaultEvidence() Evidence {
	e := Evidence{Prior: 0.05, HalfLife: 24 * time.Hour, Cap: 6, FeedbackHalfLife: 30 * 24 * time.Hour}
	for _, group := range evidence.DefaultKin() {
		e.Kin = append(e.Kin, textsOf(group))
	}
	return e
}

func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return texts
}

func defaultTiers() []TierRule {
	rules := evidence.DefaultRules()
	tiers := make([]TierRule, len(rules))
	for i, r := range rules {
		tiers[i] = TierRule{
			Name: r.Name, Tier: r.Tier.String(), InOrder: r.InOrder, Within: r.Within, Kinds: r.Kinds, Risk: r.Risk,
			AfterBlock: r.AfterBlock, Actors: r.Actors, From: r.From, Unless: TierUnless(r.Unless),
		}
		for _, m := range r.Found {
			tiers[i].Found = append(tiers[i].Found, foundOf(m))
		}
	}
	return tiers
}

func foundOf(m evidence.Match) TierFound {
	f := TierFound{Rules: m.Rules, Families: m.Families, Except: m.Except, Statistical: m.Statistical, Magnitude: m.Magnitude, Hours: m.Hours}
	if m.Suggested != 0 {
		f.Suggested = m.Suggested.String()
	}
	return f
}

// Scale is what evidence weighs with.
func (e Evidence) Scale() *evidence.Scale {
	o := evidence.Options{
		Prior: e.Prior, HalfLife: e.HalfLife, HalfLives: map[finding.Family]time.Duration{}, Cap: e.Cap,
		Kin: [][]finding.Family{}, FeedbackHalfLife: e.FeedbackHalfLife,
	}
	for family, d := range e.HalfLives {
		o.HalfLives[finding.Family(family)] = d
	}
	for _, group := range e.Kin {
		kin := make([]finding.Family, len(group))
		for i, name := range group {
			kin[i] = finding.Family(name)
		}
		o.Kin = append(o.Kin, kin)
	}
	return evidence.NewScale(o)
}

// rule is the rule as a policy takes it. What is no tier is none: the check
// tells of it.
func (t TierRule) rule() evidence.Rule {
	r := evidence.Rule{
		Name: t.Name, InOrder: t.InOrder, Within: t.Within, Kinds: t.Kinds, Risk: t.Risk,
		AfterBlock: t.AfterBlock, Actors: t.Actors, From: t.From, Unless: evidence.Unless(t.Unless),
	}
	r.Tier, _ = finding.ParseTier(t.Tier)
	for _, f := range t.Found {
		m := evidence.Match{Rules: f.Rules, Families: f.Families, Except: f.Except, Statistical: f.Statistical, Magnitude: f.Magnitude, Hours: f.Hours}
		m.Suggested, _ = finding.ParseTier(f.Suggested)
		r.Found = append(r.Found, m)
	}
	return r
}

// Policy makes tiers of evidence as both say. A checked configuration gives no
// error.
func Policy(e Evidence, tiers []TierRule) (*evidence.Policy, error) {
	rules := make([]evidence.Rule, len(tiers))
	for i, t := range tiers {
		rules[i] = t.rule()
	}
	return evidence.NewPolicy(e.Scale(), rules)
}

func (c *checker) evidence(e Evidence) {
	if e.Prior <= 0 || e.Prior >= 1 {
		c.add("$.evidence.prior", fmt.Sprintf("%v is no probability to begin with", e.Prior), "want one above 0 and below 1, such as 0.05")
	}
	if e.Cap < 1 || e.Cap > 50 {
		c.add("$.evidence.cap", fmt.Sprintf("%v is too little or too much", e.Cap), "want 1 to 50, such as 6")
	}
	c.lasts("$.evidence.half_life", e.HalfLife, time.Minute)
	c.lasts("$.evidence.feedback_half_life", e.FeedbackHalfLife, time.Hour)
	for _, family := range slices.Sorted(maps.Keys(e.HalfLives)) {
		c.lasts("$.evidence.half_lives."+family, e.HalfLives[family], time.Minute)
	}
	seen := map[string]bool{}
	for i, group := range e.Kin {
		for k, family := range group {
			if seen[family] {
				c.add(fmt.Sprintf("$.evidence.kin[%d][%d]", i, k), fmt.Sprintf("%q is named twice", family), "a family belongs to one group")
			}
			seen[family] = true
		}
	}
}

func (c *checker) tiers(e Evidence, tiers []TierRule) {
	if len(tiers) == 0 {
		c.add("$.tiers", "nobody would be told of anything", "leave the key out for the tiers as shipped, or write a rule")
	}
	before, rules := len(c.problems), make([]evidence.Rule, len(tiers))
	for i, t := range tiers {
		path := fmt.Sprintf("$.tiers[%d]", i)
		rules[i] = t.rule()
		if t.Tier != "" {
			c.oneOf(path+".tier", t.Tier, "log", "notify", "page")
		}
		for k, f := range t.Found {
			if f.Suggested != "" {
				c.oneOf(fmt.Sprintf("%s.found[%d].suggested", path, k), f.Suggested, "log", "notify", "page")
			}
		}
	}
	if len(c.problems) > before {
		return // one mistake at a time: what is no tier looks as if it asked for nothing
	}
	for _, m := range evidence.Check(rules, e.Scale()) {
		path := fmt.Sprintf("$.tiers[%d]", m.Rule)
		if m.Key != "" {
			path += "." + m.Key
		}
		c.add(path, m.Message, m.Hint)
	}
}
