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

// gated is a gate in a lane whose texts are remembered.
type gated struct {
	lane int
	gate *gate
}

// learn notes in the row's entries which of a rule's gates are shut, after the
// rule has failed for the first time with an entry: from then on the entry
// alone tells that it does.
func (s *Scanner) learn(rule int) {
	for _, g := range s.program.gates[rule] {
		e := s.entries[g.lane]
		if e == nil || e.judged.has(rule) {
			continue
		}
		e.judged.add(rule)
		if !s.open(g.gate) {
			e.open.remove(rule)
		}
	}
}

// Statuses that have a mask of their own; behind them stands the unknown one.
const (
	statuses      = 1000
	unknownStatus = statuses
)

// siftStatus leaves the rules that the status of the open row leaves possible.
func (s *Scanner) siftStatus() {
	switch status := s.batch.Number(event.Status, s.row); {
	case status == event.Unknown:
		s.candidates.meet(s.program.statuses[unknownStatus])
	case status < 0 || status >= statuses:
		for rule, g := range s.program.statusGates {
			if g != nil && !s.open(g) {
				s.candidates.remove(rule)
			}
		}
	default:
		s.candidates.meet(s.program.statuses[status])
	}
}

// maskStatuses tells for each status which rules it leaves possible.
func (p *Program) maskStatuses(c *coder) {
	p.statusGates = p.gatesAt(c, numberColumn(event.Status))
	p.statuses = p.possible(p.statusGates, everyStatus())
}

// maskUnknown tells for each lane which rules are possible where its column is
// unknown.
func (p *Program) maskUnknown(c *coder) {
	var b event.Batch
	b.EndRow()
	for i := range p.lanes {
		p.lanes[i].unknown = p.possible(p.gatesAt(c, p.lanes[i].column), &b)[0]
	}
}

// gatesAt gives the gates at a column, by rule.
func (p *Program) gatesAt(c *coder, at column) []*gate {
	gates := make([]*gate, len(p.rules))
	for i, r := range p.rules {
		gates[i] = c.gate(r.Condition, at, false)
	}
	return gates
}

// possible gives, for each row of a batch, the rules whose gates it leaves
// open.
func (p *Program) possible(gates []*gate, b *event.Batch) []ruleSet {
	sets := make([]ruleSet, b.Rows())
	s := p.Scanner()
	for row := range sets {
		s.turn(b, row)
		sets[row] = fillRuleSet(nil, len(p.rules))
		for rule, g := range gates {
			if g != nil && !s.open(g) {
				sets[row].remove(rule)
			}
		}
	}
	return sets
}

// everyStatus is a batch with a row for each status that has a mask.
func everyStatus() *event.Batch {
	var b event.Batch
	for status := range int64(statuses) {
		b.SetNumber(event.Status, status)
		b.EndRow()
	}
	b.EndRow()
	return &b
}
