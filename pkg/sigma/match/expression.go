package match

import (
	"bytes"
	"regexp"
)

// expression holds when one of several regular expressions is found in a value
// of the columns.
type expression struct {
	columns []column
	dfa     *dfa // nil: it would be too large
	all     []*regexp.Regexp
	guard   [][]byte // one of them stands, folded, wherever an expression is found; none: unknown
	least   int      // so many bytes are wherever an expression is found
}

// newExpressions makes tests of which one holds when one of the expressions is
// found: a single one if they can be looked for in one pass.
func newExpressions(columns []column, all []*regexp.Regexp) (tests []*expression) {
	if len(all) == 0 {
		return nil
	}
	t := newExpression(columns, all)
	if t.dfa != nil || len(all) == 1 {
		return []*expression{t}
	}
	middle := len(all) / 2
	return append(newExpressions(columns, all[:middle]), newExpressions(columns, all[middle:])...)
}

// cost estimates what looking for the expressions costs.
func (t *expression) cost() int {
	if t.dfa != nil {
		return costOf(t.columns) + costTable
	}
	return costOf(t.columns) + costExpression*len(t.all)
}

func newExpression(columns []column, all []*regexp.Regexp) *expression {
	t := &expression{columns: columns, dfa: newDFA(all), all: all, least: leastOf(all[0].String())}
	guarded := true
	for _, re := range all {
		guard := best(targetColumn, ofExpression(re.String())).bytes()
		guarded = guarded && len(guard) > 0
		t.guard = append(t.guard, guard...)
		t.least = min(t.least, leastOf(re.String()))
	}
	if !guarded {
		t.guard = nil
	}
	return t
}

func (t *expression) holds(s *Scanner) bool {
	for _, c := range t.columns {
		values := s.values(c)
		for i := range values {
			if len(values[i].text) >= t.least && t.found(s, &values[i]) {
				return true
			}
		}
	}
	return false
}

// found tells whether an expression is found in a value.
func (t *expression) found(s *Scanner, v *value) bool {
	if t.dfa != nil {
		s.searches++
		if told := t.dfa.judge(v.text); told != isForeign {
			return told == isFound
		}
	}
	if !t.guarded(s, v) {
		return false
	}
	for _, re := range t.all {
		s.searches++
		if re.Match(v.text) {
			return true
		}
	}
	return false
}

// guarded tells whether an expression may be found in a value.
func (t *expression) guarded(s *Scanner, v *value) bool {
	if len(t.guard) == 0 {
		return true
	}
	folded := s.fold(v)
	for _, literal := range t.guard {
		if bytes.Contains(folded, literal) {
			return true
		}
	}
	return false
}
