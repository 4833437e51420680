package respond

import (
	"fmt"
	"time"
)

// Budgets of automatic blocks. A negative limit is none.
const (
	defaultPerMinute      = 3000
	defaultPerAgentMinute = 600
)

// budget counts automatic blocks in the last minute: all of them, and those
// that one agent's evidence alone has caused, so that a taken gateway cannot
// block the world. It is not kept over a restart.
type budget struct {
	perMinute, perAgent int
	all                 window
	agents              map[string]*window
}

func newBudget(perMinute, perAgent int) budget {
	if perMinute == 0 {
		perMinute = defaultPerMinute
	}
	if perAgent == 0 {
		perAgent = defaultPerAgentMinute
	}
	return budget{perMinute: perMinute, perAgent: perAgent, agents: map[string]*window{}}
}

// take counts a block, or refuses. agent is the one whose word alone the
// block stands on; empty when it does not stand on one agent's word.
func (b *budget) take(agent string, now time.Time) *Refusal {
	w := b.agents[agent]
	if agent != "" && w == nil {
		w = &window{}
		b.agents[agent] = w
	}
	if agent != "" && b.perAgent >= 0 && w.count(now) >= b.perAgent {
		return &Refusal{
			Rule:   "agent-budget",
			Reason: fmt.Sprintf("agent %s alone has caused %d blocks within a minute, which is its budget", agent, b.perAgent),
			Hint:   "look whether that gateway is under attack, or taken; a second source lifts the limit for an actor",
		}
	}
	if b.perMinute >= 0 && b.all.count(now) >= b.perMinute {
		return &Refusal{
			Rule:   "budget",
			Reason: fmt.Sprintf("%d automatic blocks within a minute are the limit", b.perMinute),
			Hint:   "raise the limit if this is an attack, or shadow the rule that causes them",
		}
	}
	b.all.add(now)
	if agent != "" {
		w.add(now)
	}
	return nil
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
