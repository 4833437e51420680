package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// ActorEvidence tells what the evidence about an actor comes to, and by what.
type ActorEvidence struct {
	Actor finding.Actor `json:"actor"`
	Tier  string        `json:"tier"` // of finding.Tier, or "none"
	Risk  float64       `json:"risk"` // 0..1
	// Kinds are the independent kinds of evidence that still weigh something.
	Kinds         []string       `json:"kinds"`
	Contributions []Contribution `json:"contributions"` // the weightiest first
	Stories       []Story        `json:"stories"`
}

// Contribution is one rule's part in a risk.
type Contribution struct {
	evidence.Contribution
	Title string `json:"title,omitempty"` // of the rule; none = it is not in force any more
}

// Opinion is by how much analysts have moved a rule about a kind of actor.
type Opinion struct {
	evidence.Opinion
	Title string `json:"title,omitempty"` // of the rule; none = it is not in force any more
}

// Story is what is told of an actor in one alert.
type Story struct {
	Family  finding.Family `json:"family,omitempty"` // of a place's story; all that a person or client does is one
	Tier    string         `json:"tier"`
	Rule    string         `json:"rule,omitempty"` // of the tiers, by its name, that made the tier
	Reasons []string       `json:"reasons"`
	Lasting int            `json:"lasting"` // how much of it goes on
	Alerted bool           `json:"alerted"` // there is an alert
}

// TierRule is a rule that makes a tier. All that it says must hold.
type TierRule struct {
	Name          string      `json:"name"`
	Tier          string      `json:"tier"`
	Found         []TierFound `json:"found,omitempty"`
	InOrder       bool        `json:"in_order,omitempty"`
	WithinSeconds int64       `json:"within_seconds,omitempty"` // none = a day
	Kinds         int         `json:"kinds,omitempty"`
	Risk          float64     `json:"risk,omitempty"`
	AfterBlock    bool        `json:"after_block,omitempty"`
	Actors        []string    `json:"actors,omitempty"`
	From          string      `json:"from,omitempty"`
	Unless        *TierUnless `json:"unless,omitempty"`
}

// TierUnless says of whom a rule does not hold.
type TierUnless struct {
	Actors   []string `json:"actors,omitempty"`
	From     string   `json:"from,omitempty"`
	Families []string `json:"families,omitempty"`
}

// TierFound says which findings a rule of the tiers means.
type TierFound struct {
	Rules       []string `json:"rules,omitempty"`
	Families    []string `json:"families,omitempty"`
	Except      []string `json:"except,omitempty"`
	Suggested   string   `json:"suggested,omitempty"`
	Statistical bool     `json:"statistical,omitempty"`
	Magnitude   float64  `json:"magnitude,omitempty"`
	Hours       int      `json:"hours,omitempty"`
}

// TierRuleOf writes a rule.
func TierRuleOf(r evidence.Rule) TierRule {
	t := TierRule{
		Name: r.Name, Tier: r.Tier.String(), InOrder: r.InOrder, WithinSeconds: int64(r.Within / time.Second), Kinds: r.Kinds,
		Risk: r.Risk, AfterBlock: r.AfterBlock, Actors: r.Actors, From: r.From,
	}
	if u := TierUnless(r.Unless); len(u.Actors)+len(u.From)+len(u.Families) > 0 {
		t.Unless = &u
	}
	for _, m := range r.Found {
		f := TierFound{Rules: m.Rules, Families: m.Families, Except: m.Except, Statistical: m.Statistical, Magnitude: m.Magnitude, Hours: m.Hours}
		if m.Suggested != 0 {
			f.Suggested = m.Suggested.String()
		}
		t.Found = append(t.Found, f)
	}
	return t
}
