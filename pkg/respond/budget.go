package respond

import (
	"fmt"
	"time"
)

// The rules of the guard by which budgets refuse.
const (
	ruleAllBudget     = "budget"
	ruleAgentBudget   = "agent-budget"
	ruleRuleBudget    = "rule-budget"
	ruleSegmentBudget = "segment-budget"
	ruleShadowBudget  = "shadow-budget"
)

var budgetRules = []string{ruleAllBudget, ruleAgentBudget, ruleRuleBudget, ruleSegmentBudget, ruleShadowBudget}

// budget counts automatic blocks in the last minute: all of them, those of a
// rule, those in a segment, and those that one agent's evidence alone has
// caused, so that neither a bad rule nor a taken gateway blocks the world. It
// is not kept over a restart.
type budget struct {
	all      share
	shadow   share
	waiting  share // blocks that come to wait for a person
	agents   shares
	rules    shares
	segments shares
}

func newBudget(o *LedgerOptions) budget {
	return budget{
		all: share{limit: o.PerMinute}, shadow: share{limit: o.PerMinute}, waiting: share{limit: o.MaxWaiting},
		agents: newShares(o.PerAgentOnly), rules: newShares(o.PerRule), segments: newShares(o.PerSegment),
	}
}

// take counts a block, or refuses. agent is the one whose word alone the
// block stands on; empty when it does not stand on one agent's word.
func (b *budget) take(agent, rule, segment string, now time.Time) *Refusal {
	shares := []*share{b.segments.of(segment), b.rules.of(rule), &b.all}
	if agent != "" {
		shares = append(shares, b.agents.of(agent))
	}
	switch {
	case agent != "" && b.agents.of(agent).full(now):
		return &Refusal{
			Rule:   ruleAgentBudget,
			Reason: fmt.Sprintf("agent %s alone has caused %d blocks within a minute, which is its budget", agent, b.agents.limit),
			Hint:   "look whether that gateway is under attack, or taken; a second source lifts the limit for an actor (blocks.agent_per_minute)",
		}
	case b.all.full(now):
		return b.all.refusal(ruleAllBudget, "max_per_minute", "automatic blocks within a minute")
	case b.rules.of(rule).full(now):
		return b.rules.of(rule).refusal(ruleRuleBudget, "rule_per_minute", "blocks of the rule "+rule+" within a minute")
	case b.segments.of(segment).full(now):
		return b.segments.of(segment).refusal(ruleSegmentBudget, "segment_per_minute", "automatic blocks within a minute in the segment "+segment)
	}
	for _, s := range shares {
		s.add(now)
	}
	return nil
}

// takeShadow counts a block in shadow: it hurts nobody, and agents hold it all
// the same.
func (b *budget) takeShadow(now time.Time) *Refusal {
	if b.shadow.full(now) {
		return b.shadow.refusal(ruleShadowBudget, "max_per_minute", "automatic blocks in shadow within a minute")
	}
	b.shadow.add(now)
	return nil
}

// share is one of the budgets. A negative limit is none.
type share struct {
	limit int
	window
}

func (s *share) full(now time.Time) bool { return s.limit >= 0 && s.count(now) >= s.limit }

// refusal tells of a limit, and under which key of the configuration it stands.
func (s *share) refusal(rule, key, what string) *Refusal {
	return &Refusal{
		Rule: rule, Reason: fmt.Sprintf("%d %s are the limit", s.limit, what),
		Hint: "raise blocks." + key + " if this is an attack, or shadow the rule that causes them; the next finding about it asks again",
	}
}

// shares is a budget for each of several.
type shares struct {
	limit  int
	byName map[string]*share
}

func newShares(limit int) shares { return shares{limit: limit, byName: map[string]*share{}} }

func (s *shares) of(name string) *share {
	found := s.byName[name]
	if found == nil {
		found = &share{limit: s.limit}
		s.byName[name] = found
	}
	return found
}

// window counts what happened within the last minute, by the second.
type window struct {
	second [60]int64 // which second the count is of
	counts [60]int
}

func (w *window) add(now time.Time) {
	s := now.Unix()
	i := s % 60
	if w.second[i] != s {
		w.second[i], w.counts[i] = s, 0
	}
	w.counts[i]++
}

func (w *window) count(now time.Time) int {
	s, n := now.Unix(), 0
	for i := range w.counts {
		if age := s - w.second[i]; age >= 0 && age < 60 {
			n += w.counts[i]
		}
	}
	return n
}
