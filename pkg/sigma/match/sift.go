package match

import "github.com/honeymoat/honeymoat/pkg/event"

// sift finds the rules that may hold of the open row.
func (s *Scanner) sift() {
	p := s.program
	clear(s.signs)
	copy(s.candidates, p.always)
	for _, i := range s.active {
		s.siftLane(i)
	}
	s.siftTarget()
	if s.attacked() {
		s.candidates.join(p.onAttack)
	}
	s.candidates.meet(s.subject)
	s.siftStatus()
	for _, i := range s.active {
		s.candidates.meet(s.left[i])
	}
}

// siftLane looks at one column: at its entry, or at its values when they are
// not kept.
func (s *Scanner) siftLane(i int) {
	l := &s.program.lanes[i]
	s.entries[i], s.left[i] = nil, s.all
	text := s.batch.Text(l.column.text(), s.row)
	if len(text) == 0 {
		s.left[i] = l.unknown
		return
	}
	if e := s.entry(i, text); e != nil {
		s.use(i, e)
		return
	}
	if l.automaton != nil {
		l.scan(s.values(l.column), s.signs)
	}
}

// use takes what is known about the text of a lane.
func (s *Scanner) use(i int, e *entry) {
	l := &s.program.lanes[i]
	s.entries[i], s.left[i] = e, e.open
	s.adopt(l.column, e.values)
	if l.automaton != nil {
		s.signs.join(e.hits)
	}
	if l.attacked {
		s.analyst.adopt(l.column, s.stamp, e.kinds)
	}
}

// entry gives the entry of a text in a lane's cache; nil when it is not kept.
func (s *Scanner) entry(i int, text []byte) *entry {
	l := &s.program.lanes[i]
	if !l.cached || len(text) > maxCached {
		return nil
	}
	if s.caches[i] == nil {
		s.caches[i] = newCache()
	}
	if s.caches[i].rests() {
		return nil
	}
	e := s.caches[i].find(text)
	if e == nil || e.dirty && !s.fill(i, e) {
		return nil
	}
	return e
}

// fill looks at the open row's text for its entry.
func (s *Scanner) fill(i int, e *entry) bool {
	l, rules := &s.program.lanes[i], len(s.program.rules)
	values := s.values(l.column)
	if !e.keep(values) {
		return false
	}
	e.memo = clearedBytes(e.memo, l.locals)
	if l.automaton != nil {
		e.hits = clearRuleSet(e.hits, s.program.signs)
		l.scan(values, e.hits)
	}
	if l.attacked {
		e.kinds = s.kindsIn(l.column)
	}
	e.open, e.judged = fillRuleSet(e.open, rules), clearRuleSet(e.judged, rules)
	e.dirty, e.passed = false, false
	return true
}

func clearedBytes(b []byte, size int) []byte {
	if cap(b) < size {
		return make([]byte, size)
	}
	clear(b[:size])
	return b[:size]
}

// scan adds the rules whose literals are in one of the values.
func (l *lane) scan(values []value, into ruleSet) {
	for i := range values {
		l.automaton.scan(0, values[i].text, into)
	}
}

var questionMark = []byte{'?'}

// siftTarget looks at host, path and query, and at their decoded forms
// together, as they are joined in fields. No text is made for it.
func (s *Scanner) siftTarget() {
	a := s.program.target
	if a == nil {
		return
	}
	host := s.batch.Text(event.Host, s.row)
	paths, queries := s.values(textColumn(event.Path)), s.values(textColumn(event.Query))
	for i := range max(1, len(paths), len(queries)) {
		state := s.siftPath(a.scan(0, host, s.signs), nth(paths, i), i)
		if len(queries) > 0 {
			state = a.scan(state, questionMark, s.signs)
			a.scan(state, nth(queries, i), s.signs)
		}
	}
}

// siftPath goes on with the i-th form of the path. What is found in a path that
// is kept is remembered, as far as no host stands before it.
func (s *Scanner) siftPath(state uint32, path []byte, i int) uint32 {
	a := s.program.target
	e := s.entries[s.program.pathLane]
	if e == nil || state != 0 || i > 0 {
		return a.scan(state, path, s.signs)
	}
	if !e.passed {
		e.passing = clearRuleSet(e.passing, s.program.signs)
		e.state, e.passed = a.scan(0, path, e.passing), true
	}
	s.signs.join(e.passing)
	return e.state
}

// attacked tells whether there is an attack in a column that rules ask for.
func (s *Scanner) attacked() bool {
	for _, c := range s.program.attacked {
		if s.kindsIn(c) != 0 {
			return true
		}
	}
	return false
}
