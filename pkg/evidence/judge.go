package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Case is what a policy judges: a finding that came in, with the account of
// its actor, to which it has been added.
type Case struct {
	Account  *Account
	Finding  *finding.Finding
	Actor    finding.ActorKind
	Internal bool // of our own network
	// Returned is when the block ended after which the actor came back; zero
	// when it did not.
	Returned time.Time
	Now      time.Time
	Shift    Shift
}

// Ruling is what a policy says of a case.
type Ruling struct {
	Tier finding.Tier // at least finding.Log
	Rule string       // the name of the rule that made it; "" = none did
	// Detail tells what of the evidence made the rule hold, where that is more
	// than the finding itself.
	Detail string
}

// Reason is the ruling for people: the name of the rule and what made it hold;
// "" when the finding says it all.
func (r Ruling) Reason() string {
	if r.Detail == "" {
		return ""
	}
	return r.Rule + ": " + r.Detail
}

// judgement is one judging.
type judgement struct {
	Case
	scale   *Scale
	weights weights
	kinds   []string
	rule    *Rule
}

// Judge gives the most urgent tier of which a rule holds.
func (p *Policy) Judge(c Case) Ruling {
	j := judgement{Case: c, scale: p.scale, weights: p.scale.weigh(c.Account, c.Now, c.Shift)}
	j.kinds = p.scale.kinds(j.weights)
	for i := range p.rules {
		j.rule = &p.rules[i]
		if detail, ok := j.holds(); ok {
			return Ruling{Tier: j.rule.Tier, Rule: j.rule.Name, Detail: detail}
		}
	}
	return Ruling{Tier: finding.Log}
}

func (j *judgement) holds() (detail string, ok bool) {
	r := j.rule
	if !isOneOf(r.Actors, j.Actor) || !j.isFrom(r.From) {
		return "", false
	}
	if r.AfterBlock && j.Returned.IsZero() {
		return "", false
	}
	risk := 0.0
	if r.Risk > 0 {
		if risk = j.scale.risks(j.weights); risk < r.Risk {
			return "", false
		}
	}
	if r.Kinds > 0 && !j.severalKinds() {
		return "", false
	}
	found, ok := j.found()
	if !ok || j.excepted() {
		return "", false
	}
	return j.detail(found, risk), true
}

func (j *judgement) isFrom(place string) bool {
	return place == "" || (place == Internal) == j.Internal
}

// excepted tells whether the rule does not hold of the actor.
func (j *judgement) excepted() bool {
	u := &j.rule.Unless
	if u.isNobody() || !isOneOf(u.Actors, j.Actor) || !j.isFrom(u.From) {
		return false
	}
	return len(u.Families) == 0 || slices.ContainsFunc(j.Account.Strands, func(t Strand) bool {
		return t.Last >= j.from() && anyGlob(u.Families, string(t.Family))
	})
}

// severalKinds tells whether there are so many kinds of evidence, of which the
// finding is one.
func (j *judgement) severalKinds() bool {
	return len(j.kinds) >= j.rule.Kinds && slices.Contains(j.kinds, string(j.scale.kindOf(j.Finding.Family)))
}

func (j *judgement) detail(found []string, risk float64) string {
	var parts []string
	if j.rule.Kinds > 0 {
		parts = append(parts, strings.Join(j.kinds, ", "))
	}
	if len(found) > 0 {
		parts = append(parts, strings.Join(found, ", "))
	}
	if j.rule.AfterBlock {
		parts = append(parts, "that ended at "+j.Returned.UTC().Format(time.RFC3339))
	}
	if j.rule.Risk > 0 {
		parts = append(parts, fmt.Sprintf("risk %.0f %%", 100*risk))
	}
	return strings.Join(parts, "; ")
}
