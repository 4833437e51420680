package match

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// lane is a text column that is looked at before rules are: for literals, for
// what atoms ask of it alone, for gates, and for attacks.
type lane struct {
	column    column
	automaton *automaton // nil: no rule has literals here
	cached    bool       // its texts repeat
	locals    int        // atoms whose answers its entries remember
	unknown   ruleSet    // rules that may hold where the column is unknown
	attacked  bool       // rules ask for attacks in it
}

// repeats tells whether a text column holds the same texts again and again.
func repeats(c column) bool {
	switch c {
	case textColumn(event.RequestID), textColumn(event.Session):
		return false
	}
	return c < firstNumber
}

// prepare makes what tells at a glance which rules cannot hold.
func (p *Program) prepare(c *coder) {
	sieves := p.sieves(c)
	p.target = sieves[targetColumn].automaton(p.signs)
	p.attacked = p.askedAttacks()
	for _, f := range event.TextFields() {
		at := textColumn(f)
		l := lane{column: at, automaton: sieves[at].automaton(p.signs), cached: repeats(at), attacked: slices.Contains(p.attacked, at)}
		if l.cached {
			l.locals = p.remember(at, len(p.lanes))
		}
		if f == event.Path {
			p.pathLane = len(p.lanes)
		}
		if l.automaton != nil || l.locals > 0 || l.cached && l.attacked || p.asked(at) || f == event.Path {
			p.lanes = append(p.lanes, l)
		}
	}
	p.gates = p.gatesInLanes(c)
	p.maskStatuses(c)
	p.maskUnknown(c)
}

// asked tells whether an atom asks for one column alone.
func (p *Program) asked(at column) bool {
	return slices.ContainsFunc(p.atoms, func(a atom) bool { return a.home == at })
}

// sieves collects what rules and atoms demand, by lane. Rules that demand
// nothing are always looked at.
func (p *Program) sieves(c *coder) map[column]sieve {
	sieves := map[column]sieve{}
	p.words = len(newRuleSet(len(p.rules)))
	p.signs = p.words * 64
	p.always, p.onAttack = newRuleSet(len(p.rules)), newRuleSet(len(p.rules))
	for i, r := range p.rules {
		d := demandOf(r.Condition)
		if d == nil {
			p.always.add(i)
		}
		for _, t := range d {
			if t.literal == "" {
				p.onAttack.add(i)
			}
		}
		d.addTo(sieves, i)
	}
	p.signAtoms(c, sieves)
	return sieves
}

// signAtoms gives the atoms that look for texts in what does not repeat a sign
// of their own: rules that are looked at for other reasons are spared them.
func (p *Program) signAtoms(c *coder, sieves map[column]sieve) {
	for i := range p.atoms {
		d := cheapest(demandsOfItem(c.first[i]))
		if !slices.ContainsFunc(d, func(t trigger) bool { return t.lane == targetColumn }) {
			continue
		}
		if e, ok := p.atoms[i].test.(*expression); ok {
			e.guard = nil // the sign is one
		}
		p.atoms[i].sign = p.signs
		d.addTo(sieves, p.signs)
		p.signs++
	}
}

// addTo adds the literals of a demand to the sieves, with the sign that they
// are.
func (d demand) addTo(sieves map[column]sieve, sign int) {
	for _, t := range d {
		if t.literal == "" {
			continue
		}
		if sieves[t.lane] == nil {
			sieves[t.lane] = sieve{}
		}
		sieves[t.lane].add(t.literal, sign)
	}
}

// gatesInLanes gives, by rule, the gates in lanes whose texts are remembered.
func (p *Program) gatesInLanes(c *coder) [][]gated {
	all := make([][]gated, len(p.rules))
	for i, r := range p.rules {
		for n := range p.lanes {
			if p.lanes[n].locals == 0 {
				continue
			}
			if g := c.gate(r.Condition, p.lanes[n].column, false); g != nil {
				all[i] = append(all[i], gated{n, g})
			}
		}
	}
	return all
}

// remember gives the atoms that ask for one column a place in the memo of its
// lane's entries, and counts them.
func (p *Program) remember(c column, lane int) (locals int) {
	for i := range p.atoms {
		if a := &p.atoms[i]; a.home == c {
			a.lane, a.local = lane, locals
			locals++
		}
	}
	return locals
}

// askedAttacks gives the columns in which rules ask for attacks.
func (p *Program) askedAttacks() (sources []column) {
	if p.options.Raw {
		return nil
	}
	for _, r := range p.rules {
		sigma.Walk(r.Condition, func(it *sigma.Item) {
			columns, _ := columnsOf(it)
			for _, c := range columns {
				for _, source := range attackSources(c) {
					if !slices.Contains(sources, source) {
						sources = append(sources, source)
					}
				}
			}
		})
	}
	return sources
}
