package match

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// test is what an atom asks of the row that a scanner has open.
type test interface{ holds(s *Scanner) bool }

// never is the test of what no log has.
type never struct{}

func (never) holds(*Scanner) bool { return false }

// presence asks whether a column has a value.
type presence struct {
	column column
	want   bool
}

func (t presence) holds(s *Scanner) bool { return s.known(t.column) == t.want }

// every holds when all of its tests do.
type every []test

func (t every) holds(s *Scanner) bool {
	for _, part := range t {
		if !part.holds(s) {
			return false
		}
	}
	return true
}

// some holds when one of its tests does.
type some []test

func (t some) holds(s *Scanner) bool {
	for _, part := range t {
		if part.holds(s) {
			return true
		}
	}
	return false
}

// likeness holds when a value of the columns matches one of the patterns.
type likeness struct {
	columns []column
	cased   bool
	globs   []glob
	// words finds those patterns that are one literal, wherever it stands, if
	// there are many.
	words *automaton
}

// manyWords is from how many literals on an automaton finds them faster than
// one search after the other.
const manyWords = 4

func (t *likeness) holds(s *Scanner) bool {
	for _, c := range t.columns {
		values := s.values(c)
		for i := range values {
			if t.words != nil && t.words.finds(values[i].text) || t.matches(s, &values[i]) {
				return true
			}
		}
	}
	return false
}

func (t *likeness) matches(s *Scanner, v *value) bool {
	if len(t.globs) == 0 {
		return false
	}
	text := v.text
	if !t.cased {
		text = s.fold(v)
	}
	for g := range t.globs {
		if t.globs[g].matches(text, &s.positions) {
			return true
		}
	}
	return false
}

// gather puts patterns that are one literal of ASCII into an automaton.
func (t *likeness) gather() {
	words, rest := sieve{}, []glob(nil)
	for _, g := range t.globs {
		if g.anywhere() && !g.stepwise && len(g.pieces) == 1 && isFolded(g.pieces[0]) {
			words.add(string(g.pieces[0]), 0)
		} else {
			rest = append(rest, g)
		}
	}
	if !t.cased && len(words) >= manyWords && words.size() <= maxStates {
		t.globs, t.words = rest, words.automaton(1)
	}
}

// size compares a column's number.
type size struct {
	columns []column
	op      sigma.Op
	numbers []float64
}

func (t *size) holds(s *Scanner) bool {
	for _, c := range t.columns {
		n, ok := numberOf(s.batch, s.row, c)
		if !ok {
			continue
		}
		for _, with := range t.numbers {
			if compares(t.op, n, with) {
				return true
			}
		}
	}
	return false
}

func compares(op sigma.Op, n, with float64) bool {
	switch op {
	case sigma.Less:
		return n < with
	case sigma.LessEqual:
		return n <= with
	case sigma.Greater:
		return n > with
	case sigma.GreaterEqual:
		return n >= with
	}
	return n == with
}

// moment compares a part of the time.
type moment struct {
	part    sigma.Part
	op      sigma.Op
	numbers []float64
}

func (t *moment) holds(s *Scanner) bool {
	at, ok := timeOf(s.batch, s.row)
	if !ok {
		return false
	}
	n := partOf(at, t.part)
	for _, with := range t.numbers {
		if compares(t.op, n, with) {
			return true
		}
	}
	return false
}

// sameness compares the values of two columns.
type sameness struct {
	left, right    column
	cased          bool
	before, behind bool // the left may have more before, behind
}

func (t *sameness) holds(s *Scanner) bool {
	right := s.values(t.right)
	left := s.values(t.left)
	for i := range left {
		for j := range right {
			if t.related(t.text(s, &left[i]), t.text(s, &right[j])) {
				return true
			}
		}
	}
	return false
}

func (t *sameness) text(s *Scanner, v *value) []byte {
	if t.cased {
		return v.text
	}
	return s.fold(v)
}

func (t *sameness) related(a, b []byte) bool {
	switch {
	case t.before && t.behind:
		return bytes.Contains(a, b)
	case t.before:
		return bytes.HasSuffix(a, b)
	case t.behind:
		return bytes.HasPrefix(a, b)
	}
	return bytes.Equal(a, b)
}
