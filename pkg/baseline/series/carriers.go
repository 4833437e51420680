package series

// counter is what one of those who carry a place's traffic had since it was
// known: that much is certain.
type counter struct {
	key    uint64
	name   uint32 // in the minute's names; 0 = not told yet
	weight uint32 // by which it stays known, that of whom it displaced included
	count  uint32 // requests
	client uint32 // errors
	server uint32
	bytes  uint64
}

// What a request weighs: errors and large answers are rarer, and who carries
// them is to be known too.
const (
	usualWeight = 1
	errorWeight = 8
	largeWeight = 16
	large       = 8 // times the mean
)

// carriers are those who carry most, found by a space-saving sketch over the
// weights of requests: of four
// while there are no more, beyond in eight sets of four, of which a key's hash
// tells the one where it is counted.
type carriers struct {
	n   uint8 // how many of the four are known; inSets
	ref uint32
}

const (
	ways   = 4
	sets   = 8
	inSets = 255
	// mostSets bounds those with sets in a minute; beyond, one stays with four.
	mostSets = 1 << 13
)

type (
	four [ways]counter
	wide [sets]four
)

// ledger is the memory of many carriers.
type ledger struct {
	four []four
	wide []wide
	free []uint32 // of four
}

func (l *ledger) reset() { l.four, l.wide, l.free = l.four[:0], l.wide[:0], l.free[:0] }

func (l *ledger) bytes() int { return ways * counterBytes * (cap(l.four) + sets*cap(l.wide)) }

const counterBytes = 40

// at gives the counter of a key, not raised yet. It may be one that was
// another's until now: then it has that one's weight, and nothing else.
func (l *ledger) at(c *carriers, key uint64) *counter {
	switch c.n {
	case inSets:
		return l.wide[c.ref].set(key).at(key)
	case 0:
		c.ref = l.newFour()
	}
	all := &l.four[c.ref]
	for i := range all[:c.n] {
		if all[i].key == key {
			return &all[i]
		}
	}
	if c.n < ways {
		c.n++
		all[c.n-1] = counter{key: key}
		return &all[c.n-1]
	}
	if len(l.wide) >= mostSets {
		return all.at(key)
	}
	l.widen(c)
	return l.wide[c.ref].set(key).at(key)
}

func (l *ledger) newFour() uint32 {
	if n := len(l.free); n > 0 {
		ref := l.free[n-1]
		l.free = l.free[:n-1]
		return ref
	}
	l.four = append(l.four, four{})
	return uint32(len(l.four) - 1)
}

// widen puts four, which are all there is, into sets.
func (l *ledger) widen(c *carriers) {
	l.wide = append(l.wide, wide{})
	w := &l.wide[len(l.wide)-1]
	for _, one := range l.four[c.ref] {
		*w.set(one.key).at(one.key) = one
	}
	l.free = append(l.free, c.ref)
	c.n, c.ref = inSets, uint32(len(l.wide)-1)
}

// set is where a key is counted.
func (w *wide) set(key uint64) *four { return &w[key*0x9e3779b97f4a7c15>>61] }

// at gives a key's counter of a set, if need be that which weighs least.
func (s *four) at(key uint64) *counter {
	least := 0
	for i := range s {
		if s[i].key == key {
			return &s[i]
		}
		if s[i].weight < s[least].weight {
			least = i
		}
	}
	c := &s[least]
	*c = counter{key: key, weight: c.weight}
	return c
}

// of gives all counters.
func (l *ledger) of(c carriers, each func(*counter)) {
	switch c.n {
	case 0:
	case inSets:
		for i := range l.wide[c.ref] {
			for k := range l.wide[c.ref][i] {
				if one := &l.wide[c.ref][i][k]; one.count > 0 {
					each(one)
				}
			}
		}
	default:
		for i := range l.four[c.ref][:c.n] {
			each(&l.four[c.ref][i])
		}
	}
}
