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
	File   string `json:"file"` // the rule's, or that of a filter which is about it
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// coverage is what the tests of a rule have exercised so far.
type coverage struct {
	rule     *sigma.Rule
	branches []Branch
	of       []int  // by the ID of a match.Branch: its place in branches
	done     []bool // by place in branches
	left     int
}

// newCoverage takes what is written once for one branch, though it may stand
// for several values: a placeholder, or a value in several encodings.
func newCoverage(r *sigma.Rule) *coverage {
	c := &coverage{rule: r}
	known := map[Branch]int{}
	for _, b := range match.Branches(r) {
		own := Branch{Text: b.Text, File: b.Place.File, Line: b.Place.Line, Column: b.Place.Column}
		at, ok := known[own]
		if !ok {
			at = len(c.branches)
			known[own] = at
			c.branches = append(c.branches, own)
		}
		c.of = append(c.of, at)
	}
	c.left, c.done = len(c.branches), make([]bool, len(c.branches))
	return c
}

// see notes what is true on a row.
func (c *coverage) see(b *event.Batch, row int) {
	for _, id := range match.Covered(c.rule, b, row, match.Options{}) {
		if at := c.of[id]; !c.done[at] {
			c.done[at] = true
			c.left--
		}
	}
}

func (c *coverage) told() Coverage {
	t := Coverage{Rule: ruleOf(&c.rule.Meta), Branches: len(c.branches), Missed: []Branch{}}
	for i, b := range c.branches {
		if !c.done[i] {
			t.Missed = append(t.Missed, b)
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
