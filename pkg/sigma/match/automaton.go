package match

import (
	"cmp"
	"maps"
	"slices"
)

// automaton finds all of its literals in one pass, whatever the case of their
// letters: that of Aho and Corasick, as a table of next states by state and
// class of byte. A state is the place of its row in the table.
type automaton struct {
	classes [256]uint8
	next    []uint32
	// States from firstHit on end a literal, also one that ends with them.
	firstHit uint32
	width    uint32 // classes
	hits     []ruleSet
}

// sieve is the set of literals that an automaton is made of, with the rules,
// or other things with a number, that each is a sign of.
type sieve map[string][]int

func (s sieve) add(literal string, rule int) {
	if l := s[literal]; len(l) == 0 || l[len(l)-1] != rule {
		s[literal] = append(l, rule)
	}
}

// growth is a state while the automaton grows.
type growth struct {
	byByte map[byte]int
	fail   int
	rules  ruleSet // nil: no literal ends here
}

// maxStates bounds an automaton: 65536 states of about 60 classes take 16 MB.
const maxStates = 1 << 16

// bounded shortens the literals until an automaton of them is not too large.
// Whatever holds a literal holds its beginning.
func (s sieve) bounded() sieve {
	for length := maxLiteral - 1; s.size() > maxStates && length > 0; length-- {
		short := sieve{}
		for _, literal := range slices.Sorted(maps.Keys(s)) {
			for _, rule := range s[literal] {
				short.add(literal[:min(length, len(literal))], rule)
			}
		}
		s = short
	}
	return s
}

func (s sieve) size() (bytes int) {
	for literal := range s {
		bytes += len(literal)
	}
	return bytes
}

// automaton makes the automaton; nil when there are no literals.
func (s sieve) automaton(rules int) *automaton {
	if len(s) == 0 {
		return nil
	}
	s = s.bounded()
	states := s.trie(rules)
	order := link(states, rules)
	a := &automaton{}
	a.classify(states)
	a.lay(states, order)
	return a
}

// trie makes a state of each beginning of a literal; the first is the root.
func (s sieve) trie(rules int) []growth {
	states := []growth{{byByte: map[byte]int{}}}
	for _, literal := range slices.Sorted(maps.Keys(s)) {
		at := 0
		for i := range len(literal) {
			to, ok := states[at].byByte[literal[i]]
			if !ok {
				to = len(states)
				states[at].byByte[literal[i]] = to
				states = append(states, growth{byByte: map[byte]int{}})
			}
			at = to
		}
		states[at].rules = newRuleSet(rules)
		for _, rule := range s[literal] {
			states[at].rules.add(rule)
		}
	}
	return states
}

// link finds for each state the longest other one that ends with the same
// bytes, and takes over what ends there. It gives the states by their depth.
func link(states []growth, rules int) (order []int) {
	order = []int{0}
	for i := 0; i < len(order); i++ {
		at := order[i]
		for _, c := range slices.Sorted(maps.Keys(states[at].byByte)) {
			to := states[at].byByte[c]
			order = append(order, to)
			if at != 0 {
				states[to].fail = follow(states, states[at].fail, c)
			}
			inherit(&states[to], states[states[to].fail].rules, rules)
		}
	}
	return order
}

// inherit adds the rules of another state to a state.
func inherit(s *growth, from ruleSet, rules int) {
	if from == nil {
		return
	}
	if s.rules == nil {
		s.rules = newRuleSet(rules)
	}
	s.rules.join(from)
}

// follow gives the state that a byte leads to.
func follow(states []growth, at int, c byte) int {
	for {
		if to, ok := states[at].byByte[c]; ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = states[at].fail
	}
}

// classify gives a class to each byte of the literals; all others share one.
func (a *automaton) classify(states []growth) {
	seen := map[byte]bool{}
	for i := range states {
		for c := range states[i].byByte {
			seen[c] = true
		}
	}
	for i, c := range slices.Sorted(maps.Keys(seen)) {
		a.classes[c] = uint8(i + 1)
	}
	for c := 'A'; c <= 'Z'; c++ {
		a.classes[c] = a.classes[c|0x20]
	}
	a.width = uint32(len(seen) + 1)
}

// lay writes the table: the root first, then the states by depth, those that
// end a literal last. A state goes on as the longest other one that ends with
// the same bytes does, but for the bytes of its own.
func (a *automaton) lay(states []growth, byDepth []int) {
	place := a.place(states, byDepth)
	a.next = make([]uint32, len(states)*int(a.width))
	for _, i := range byDepth {
		row := a.next[place[i] : place[i]+a.width]
		if i != 0 {
			fail := place[states[i].fail]
			copy(row, a.next[fail:fail+a.width])
		}
		for c, to := range states[i].byByte {
			row[a.classes[c]] = place[to]
		}
	}
}

// place gives each state the place of its row.
func (a *automaton) place(states []growth, byDepth []int) []uint32 {
	order := slices.SortedStableFunc(slices.Values(byDepth), func(i, j int) int { return cmp.Compare(ends(&states[i]), ends(&states[j])) })
	place := make([]uint32, len(states))
	a.firstHit = uint32(len(states)) * a.width
	for n, i := range order {
		place[i] = uint32(n) * a.width
		if states[i].rules != nil {
			a.firstHit = min(a.firstHit, place[i])
			a.hits = append(a.hits, states[i].rules)
		}
	}
	return place
}

func ends(s *growth) int {
	if s.rules == nil {
		return 0
	}
	return 1
}

// scan reads on from a state, adds the rules of the literals that end, and
// gives the state to read on from; 0 is the begin of a text.
func (a *automaton) scan(state uint32, v []byte, into ruleSet) uint32 {
	next, classes := a.next, &a.classes
	for _, c := range v {
		state = next[state+uint32(classes[c])]
		if state >= a.firstHit {
			into.join(a.hits[(state-a.firstHit)/a.width])
		}
	}
	return state
}

// finds tells whether one of the literals stands in a text.
func (a *automaton) finds(v []byte) bool {
	next, classes, state := a.next, &a.classes, uint32(0)
	for _, c := range v {
		state = next[state+uint32(classes[c])]
		if state >= a.firstHit {
			return true
		}
	}
	return false
}
