package indicator

import (
	"iter"
	"math/bits"
	"time"
)

// Match is what the feeds know of a value. It is a handle that costs nothing;
// it is valid as long as its set is held.
type Match struct {
	set    *Set
	best   uint32
	chains [2]uint32
	now    uint32
	feeds  int
	below  bool // only domains that stand for the names below them count
}

// match makes the match of all live records in up to two chains; it fails when
// there are none.
func (s *Set) match(now time.Time, first, second uint32) (Match, bool) {
	if first|second == 0 {
		return Match{}, false
	}
	m := Match{set: s, chains: [2]uint32{first, second}, now: seconds(now)}
	if !m.judge() {
		return Match{}, false
	}
	return m, true
}

// judge finds the best of the live records and counts their feeds; it tells
// whether there is one.
func (m *Match) judge() bool {
	var known [maxLists/64 + 1]uint64
	for ref := range m.live() {
		if m.best == 0 || m.set.record(ref).confidence > m.set.record(m.best).confidence {
			m.best = ref
		}
		list := (ref - 1) >> 24
		known[list/64] |= 1 << (list % 64)
	}
	for _, word := range known {
		m.feeds += bits.OnesCount64(word)
	}
	return m.best != 0
}

// live yields the records that are valid.
func (m *Match) live() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, ref := range m.chains {
			for ; ref != 0; ref = *m.set.after(ref) {
				r := m.set.record(ref)
				if r.live(m.now) && (r.subdomains || !m.below) && !yield(ref) {
					return
				}
			}
		}
	}
}

// Indicator is the most confident of those that match: of equally confident
// ones the most specific, then that of the first feed. It allocates.
func (m Match) Indicator() Indicator { return m.set.indicator(m.best) }

func (s *Set) indicator(ref uint32) Indicator {
	return s.lists[(ref-1)>>24].At(int((ref - 1) & maxList))
}

// Feed is the name of that indicator's feed.
func (m Match) Feed() string { return m.set.lists[(m.best-1)>>24].feed }

// Kind is that indicator's kind.
func (m Match) Kind() Kind { return m.set.record(m.best).kind }

// Confidence is that indicator's confidence, 0 to 100.
func (m Match) Confidence() int { return int(m.set.record(m.best).confidence) }

// Feeds is how many feeds know the value.
func (m Match) Feeds() int { return m.feeds }

// All yields every indicator that matches, one for each feed and value, the
// most specific first.
func (m Match) All() iter.Seq[Indicator] {
	return func(yield func(Indicator) bool) {
		for ref := range m.live() {
			if !yield(m.set.indicator(ref)) {
				return
			}
		}
	}
}
