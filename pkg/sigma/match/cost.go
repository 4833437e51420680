package match

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Cost is what a rule has cost a scanner since it was made.
type Cost struct {
	Rule     *sigma.Rule
	Rows     int64         // rows on which it was evaluated: the others were told at a glance
	Hits     int64         // rows of which it held
	Steps    int64         // atoms that were asked for
	Searches int64         // regular expressions that were run
	Time     time.Duration // estimated from every sampleth evaluation; 0 without a clock
}

// sample is how many evaluations go by between two that are timed.
const sample = 16

// Costs tells what each rule has cost, in the order of the program's rules.
func (s *Scanner) Costs() []Cost {
	costs := make([]Cost, len(s.costs))
	for i, c := range s.costs {
		c.Rule = s.program.rules[i]
		costs[i] = c
	}
	return costs
}

// measured evaluates a rule on the open row and counts what that costs.
func (s *Scanner) measured(rule int) bool {
	c := &s.costs[rule]
	c.Rows++
	searches := s.searches
	var held bool
	if s.clock != nil && c.Rows%sample == 1 {
		start := s.clock()
		held = s.rule(rule, c)
		c.Time += sample * time.Duration(s.clock()-start)
	} else {
		held = s.rule(rule, c)
	}
	c.Searches += s.searches - searches
	if held {
		c.Hits++
	} else {
		s.learn(rule)
	}
	return held
}
