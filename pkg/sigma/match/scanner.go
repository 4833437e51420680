package match

import (
	"math/bits"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Scanner runs a program. It holds scratch, so each goroutine has its own.
type Scanner struct {
	record
	program   *Program
	memo      []uint64 // by atom: the stamp of the row, doubled, and the answer
	candidate ruleSet
	positions positions
	addrs     []netip.Addr
	searches  int64 // regular expressions that were run
}

// Scanner makes a scanner.
func (p *Program) Scanner() *Scanner {
	return &Scanner{
		record:    record{raw: p.options.Raw},
		program:   p,
		memo:      make([]uint64, len(p.atoms)),
		candidate: newRuleSet(len(p.rules)),
	}
}

// Scan finds the rules that hold of rows, from included, to excluded: rows in
// order, the rules of a row in order. The batch may not be written meanwhile.
func (s *Scanner) Scan(b *event.Batch, from, to int, hit func(row, rule int)) {
	p := s.program
	mask := p.kinds[b.Kind&1][b.Direction&1]
	for row := max(0, from); row < min(to, b.Rows()); row++ {
		s.open(b, row)
		copy(s.candidate, mask)
		for w, word := range s.candidate {
			for ; word != 0; word &= word - 1 {
				rule := w<<6 | bits.TrailingZeros64(word)
				if s.rule(rule) {
					hit(row, rule)
				}
			}
		}
	}
}

// rule evaluates a rule on the open row.
func (s *Scanner) rule(rule int) bool {
	at := s.program.entry[rule]
	for at >= 0 {
		st := s.program.code[at]
		if s.atom(st.atom) {
			at = st.yes
		} else {
			at = st.no
		}
	}
	return at == holdsEnd
}

// atom evaluates an atom once a row.
func (s *Scanner) atom(i int32) bool {
	if m := s.memo[i]; m>>1 == s.stamp {
		return m&1 != 0
	}
	m := s.stamp << 1
	held := s.program.atoms[i].test.holds(s)
	if held {
		m |= 1
	}
	s.memo[i] = m
	return held
}
