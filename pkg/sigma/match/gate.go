package match

import (
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// gate is what a rule's condition demands of one column, the rest of it taken
// for met: a tree over atoms. A rule whose gate is shut cannot hold.
type gate struct {
	atom    int32
	negated bool
	parts   []*gate
	all     bool // all parts have to be open, not one
}

// gate gives the gate of a condition at a column; nil when it demands nothing
// there.
func (c *coder) gate(n sigma.Node, at column, negated bool) *gate {
	switch n := n.(type) {
	case sigma.And:
		return c.gates(n, at, negated, !negated)
	case sigma.Or:
		return c.gates(n, at, negated, negated)
	case sigma.Not:
		return c.gate(n.Node, at, !negated)
	case *sigma.Search:
		return c.gate(n.Node, at, negated)
	case *sigma.Item:
		if columns, known := columnsOf(n); known && len(columns) == 1 && columns[0] == at && n.Op != sigma.SameAs {
			return &gate{atom: c.atom(n), negated: negated != n.Not}
		}
	}
	return nil
}

func (c *coder) gates(nodes []sigma.Node, at column, negated, all bool) *gate {
	g := &gate{all: all}
	for _, n := range nodes {
		part := c.gate(n, at, negated)
		switch {
		case part != nil:
			g.parts = append(g.parts, part)
		case !all:
			return nil
		}
	}
	if len(g.parts) == 0 {
		return nil
	}
	return g
}

// open tells whether a gate is open on the open row.
func (s *Scanner) open(g *gate) bool {
	if g.parts == nil {
		return s.atom(g.atom) != g.negated
	}
	for _, part := range g.parts {
		if s.open(part) != g.all {
			return !g.all
		}
	}
	return g.all
}

// gated is a rule with its gate.
type gated struct {
	rule int
	gate *gate
}

// shut takes the rules out of a set whose gates are shut on the open row.
func (s *Scanner) shut(gates []gated, set ruleSet) {
	for _, g := range gates {
		if !s.open(g.gate) {
			set.remove(g.rule)
		}
	}
}

// Statuses that have a mask of their own; behind them stand the unknown one
// and all others.
const (
	statuses      = 1000
	unknownStatus = statuses
	otherStatus   = statuses + 1
)

func statusSlot(status int64) int {
	switch {
	case status == event.Unknown:
		return unknownStatus
	case status < 0 || status >= statuses:
		return otherStatus
	}
	return int(status)
}

// maskStatuses tells for each status which rules it leaves possible.
func (p *Program) maskStatuses(gates []gated) {
	full := fillRuleSet(nil, len(p.rules))
	p.statuses = make([]ruleSet, statuses+2)
	for i := range p.statuses {
		p.statuses[i] = full
	}
	if len(gates) == 0 {
		return
	}
	var b event.Batch
	for status := range int64(statuses) {
		b.SetNumber(event.Status, status)
		b.EndRow()
	}
	b.EndRow() // the unknown status
	s := p.Scanner()
	for row := range statuses + 1 {
		s.turn(&b, row)
		set := fillRuleSet(nil, len(p.rules))
		s.shut(gates, set)
		p.statuses[row] = set
	}
}
