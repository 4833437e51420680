package match

// ruleSet is a set of rules, a bit each. A set of signs is one that has atoms
// behind its rules, see [Program.signOf].
type ruleSet []uint64

func newRuleSet(rules int) ruleSet { return make(ruleSet, (rules+63)/64) }

func (s ruleSet) add(rule int)      { s[rule>>6] |= 1 << (rule & 63) }
func (s ruleSet) remove(rule int)   { s[rule>>6] &^= 1 << (rule & 63) }
func (s ruleSet) has(rule int) bool { return s[rule>>6]&(1<<(rule&63)) != 0 }

// join adds the rules of another set of the same size.
func (s ruleSet) join(with ruleSet) {
	for i, word := range with[:len(s)] {
		s[i] |= word
	}
}

// meet keeps the rules that are in another set of the same size too.
func (s ruleSet) meet(with ruleSet) {
	for i, word := range with[:len(s)] {
		s[i] &= word
	}
}

// clearRuleSet makes an empty set, in the room of another if there is one.
func clearRuleSet(s ruleSet, rules int) ruleSet {
	if s == nil {
		return newRuleSet(rules)
	}
	clear(s)
	return s
}

// fillRuleSet makes the set of all rules, in the room of another if there is
// one.
func fillRuleSet(s ruleSet, rules int) ruleSet {
	s = clearRuleSet(s, rules)
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rest := rules & 63; rest > 0 {
		s[len(s)-1] = 1<<rest - 1
	}
	return s
}
