package match

import (
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Options say how a program looks at events.
type Options struct {
	// Raw: raw values only, neither decoded forms nor analysers, for comparing
	// with other implementations.
	Raw bool
	// Clock gives nanoseconds from any origin, for [Scanner.Costs]. Without it
	// costs are counted in steps only.
	Clock func() int64
}

// Program is all rules, compiled. It is immutable and safe for concurrent
// use; what runs is a [Scanner].
type Program struct {
	options Options
	rules   []*sigma.Rule
	skipped []Skipped
	atoms   []atom
	code    []step
	entry   []int32       // the first step of each rule
	kinds   [2][2]ruleSet // the rules about each kind of log and direction

	words       int       // of a set of rules
	signs       int       // size of a set of signs: all rules and then atoms, as if they were rules
	always      ruleSet   // rules that demand no literal
	onAttack    ruleSet   // rules that demand an attack
	statuses    []ruleSet // the rules that each leaves possible, the unknown one last
	statusGates []*gate   // by rule
	lanes       []lane
	pathLane    int        // that of the path
	gates       [][]gated  // by rule
	target      *automaton // of host, path and query together
	attacked    []column   // where rules ask for attacks
}

// Compile makes a program of rules. It never fails: rules that are about
// other logs are left out, see [Program.Skipped].
func Compile(rules []*sigma.Rule, o Options) *Program {
	p := &Program{options: o}
	c := coder{known: map[string]int32{}, items: map[*sigma.Item]int32{}}
	p.rules, p.skipped = InForce(rules)
	for _, r := range p.rules {
		p.entry = append(p.entry, c.rule(r.Condition))
	}
	p.atoms, p.code = c.atoms, c.code
	p.sortByLog()
	p.prepare(&c)
	return p
}

// sortByLog tells which rules are about which kind of log.
func (p *Program) sortByLog() {
	for kind := range p.kinds {
		for direction := range p.kinds[kind] {
			set := newRuleSet(len(p.rules))
			for i, r := range p.rules {
				if covers(r.LogSource, event.Kind(kind), event.Direction(direction)) {
					set.add(i)
				}
			}
			p.kinds[kind][direction] = set
		}
	}
}

// Rules are the rules of the program; hits are indexes into them.
func (p *Program) Rules() []*sigma.Rule { return p.rules }

// Skipped are the rules that are about other logs.
func (p *Program) Skipped() []Skipped { return p.skipped }
