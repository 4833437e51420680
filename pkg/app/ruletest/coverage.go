package ruletest

import (
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Coverage tells which of a rule's branches its tests exercised. A branch is
// a search or a value of an item.
type Coverage struct {
	Rule
	Branches int `json:"branches"`
	// Missed are true on no line of the rule's tests.
	Missed []Branch `json:"missed"`
}

// Branch is a search or a value that no test exercised.
type Branch struct {
	Text   string `json:"text"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// coverage is what the tests of a rule have exercised so far.
type coverage struct {
	rule     *sigma.Rule
	branches []match.Branch
	done     []bool
	left     int
}

func newCoverage(r *sigma.Rule) *coverage {
	branches := match.Branches(r)
	return &coverage{rule: r, branches: branches, done: make([]bool, len(branches)), left: len(branches)}
}

// see notes what is true on a row.
func (c *coverage) see(b *event.Batch, row int) {
	for _, id := range match.Covered(c.rule, b, row, match.Options{}) {
		if !c.done[id] {
			c.done[id] = true
			c.left--
		}
	}
}

func (c *coverage) told() Coverage {
	t := Coverage{Rule: ruleOf(&c.rule.Meta), Branches: len(c.branches), Missed: []Branch{}}
	for i, b := range c.branches {
		if !c.done[i] {
			t.Missed = append(t.Missed, Branch{Text: b.Text, Line: b.Place.Line, Column: b.Place.Column})
		}
	}
	return t
}

// looked is how many rows of a batch are looked at for what they cover: the
// lines of a sequence are much alike.
const looked = 200

// cover notes what rows exercise of a subject, and of the rules that it
// builds on.
func (t *trial) cover(s subject, b *event.Batch) {
	if s.rule == nil {
		for _, m := range s.correlation.Members {
			t.cover(subjectOf(m), b)
		}
		return
	}
	c := t.coverage[s.rule]
	if c == nil {
		c = newCoverage(s.rule)
		t.coverage[s.rule] = c
	}
	for row := 0; row < min(looked, b.Rows()) && c.left > 0; row++ {
		c.see(b, row)
	}
}
