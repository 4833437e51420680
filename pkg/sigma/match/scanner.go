package match

import (
	"math/bits"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Scanner runs a program. It holds scratch, so each goroutine has its own.
type Scanner struct {
	record
	program    *Program
	memo       []uint64  // by atom: the stamp of the row, doubled, and the answer
	caches     []*cache  // by lane
	active     []int     // lanes whose columns are not empty in the batch
	entries    []*entry  // by lane: of the row's text, nil when it is not kept
	signs      ruleSet   // what was found in the row: rules that may hold, and signs of atoms
	candidates ruleSet   // the rules of signs
	left       []ruleSet // by lane: the rules that the row's text leaves possible
	all        ruleSet
	subject    ruleSet // rules that may hold of the batch, by its log and its empty columns
	positions  positions
	addrs      []netip.Addr
	searches   int64 // regular expressions that were run
	costs      []Cost
	clock      func() int64
}

// Scanner makes a scanner.
func (p *Program) Scanner() *Scanner {
	signs := newRuleSet(p.signs)
	return &Scanner{
		record:     record{raw: p.options.Raw},
		program:    p,
		memo:       make([]uint64, len(p.atoms)),
		caches:     make([]*cache, len(p.lanes)),
		entries:    make([]*entry, len(p.lanes)),
		signs:      signs,
		candidates: signs[:p.words],
		left:       make([]ruleSet, len(p.lanes)),
		all:        fillRuleSet(nil, len(p.rules)),
		subject:    newRuleSet(len(p.rules)),
		costs:      make([]Cost, len(p.rules)),
		clock:      p.options.Clock,
	}
}

// Scan finds the rules that hold of rows, from included, to excluded: rows in
// order, the rules of a row in order. The batch may not be written meanwhile.
func (s *Scanner) Scan(b *event.Batch, from, to int, hit func(row, rule int)) {
	s.begin(b)
	for row := max(0, from); row < min(to, b.Rows()); row++ {
		s.turn(b, row)
		s.sift()
		for w, word := range s.candidates {
			for ; word != 0; word &= word - 1 {
				rule := w<<6 | bits.TrailingZeros64(word)
				if s.measured(rule) {
					hit(row, rule)
				}
			}
		}
	}
	s.batch = nil
}

// begin finds out what all rows of a batch have in common.
func (s *Scanner) begin(b *event.Batch) {
	copy(s.subject, s.program.kinds[b.Kind&1][b.Direction&1])
	s.active = s.active[:0]
	for i := range s.program.lanes {
		l := &s.program.lanes[i]
		s.entries[i] = nil
		if data, _ := b.TextColumn(l.column.text()); len(data) > 0 {
			s.active = append(s.active, i)
		} else {
			s.subject.meet(l.unknown)
		}
	}
}

// rule evaluates a rule on the open row.
func (s *Scanner) rule(rule int, c *Cost) bool {
	at := s.program.entry[rule]
	for at >= 0 {
		c.Steps++
		st := s.program.code[at]
		if s.atom(st.atom) {
			at = st.yes
		} else {
			at = st.no
		}
	}
	return at == holdsEnd
}

// atom evaluates an atom once a row, or once a distinct text of the only
// column that it asks for.
func (s *Scanner) atom(i int32) bool {
	a := &s.program.atoms[i]
	if a.lane >= 0 && s.entries[a.lane] != nil {
		return s.remembered(a, s.entries[a.lane])
	}
	if a.sign >= 0 && !s.signs.has(a.sign) {
		return false
	}
	if m := s.memo[i]; m>>1 == s.stamp {
		return m&1 != 0
	}
	m := s.stamp << 1
	held := a.test.holds(s)
	if held {
		m |= 1
	}
	s.memo[i] = m
	return held
}

// remembered evaluates an atom once for an entry.
func (s *Scanner) remembered(a *atom, e *entry) bool {
	if e.memo[a.local] == unasked {
		e.memo[a.local] = saidNo
		if a.test.holds(s) {
			e.memo[a.local] = saidYes
		}
	}
	return e.memo[a.local] == saidYes
}
