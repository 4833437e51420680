package indicator

import (
	"bytes"
	"hash/maphash"
	"time"
)

// patternSet finds the patterns that match a user agent. Of each word that a
// pattern needs it knows one group of three bytes, the rarest: where none of
// these is in a text, no pattern matches it.
type patternSet struct {
	patterns []*pattern
	refs     []uint32             // of the patterns' records
	marks    [1 << 16 / 64]uint64 // bit by hash of a group: it is in groups
	groups   map[uint32][]uint16
}

// maxPatterns bounds the patterns of a set; those of the first feeds count.
const maxPatterns = 1<<16 - 1

func newPatternSet(lists []*List) *patternSet {
	p := &patternSet{groups: map[uint32][]uint16{}}
	for l, list := range lists {
		for i := range list.patterns {
			if len(p.patterns) < maxPatterns {
				p.patterns = append(p.patterns, &list.patterns[i])
				p.refs = append(p.refs, uint32(l)<<24+list.patterns[i].record+1)
			}
		}
	}
	usual := p.census()
	for i, one := range p.patterns {
		for _, word := range one.words {
			g := rarest(word, usual)
			h := groupHash(g)
			p.marks[h/64] |= 1 << (h % 64)
			p.groups[g] = append(p.groups[g], uint16(i))
		}
	}
	return p
}

// census counts groups of three bytes in the patterns' words, and holds those
// of browsers to be very common.
func (p *patternSet) census() map[uint32]int {
	const browsers = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 " +
		"(Macintosh; Intel Mac OS X 10_15_7) Version/17.1 Safari/605.1.15 Edg/120.0 OPR/106.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0 " +
		"(iPhone; CPU iPhone OS 17_1 like Mac OS X) Mobile/15E148 Safari/604.1 (Linux; Android 10; K) Mobile (compatible; MSIE 9.0; Trident/5.0) +http://www. https:// .com/ .html bot/ Bot/1.0"
	const common = 1 << 20
	usual := map[uint32]int{}
	for _, one := range p.patterns {
		for _, word := range one.words {
			for g := range groups(word) {
				usual[g]++
			}
		}
	}
	for g := range groups(browsers) {
		usual[g] += common
	}
	return usual
}

func rarest(word string, usual map[uint32]int) uint32 {
	best, seldom := uint32(0), -1
	for g := range groups(word) {
		if n := usual[g]; seldom < 0 || n < seldom {
			best, seldom = g, n
		}
	}
	return best
}

// groups yields the groups of three bytes of a text. Bit 5 is set in each
// byte, which folds letters (and some signs, which does no harm).
func groups[T ~string | ~[]byte](text T) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		var g uint32
		for i := range len(text) {
			g = (g<<8 | uint32(text[i]|0x20)) & 0xffffff
			if i >= leastWord-1 && !yield(g) {
				return
			}
		}
	}
}

func groupHash(g uint32) uint32 { return g * 0x9e3779b1 >> 16 }

func (p *pattern) matches(agent []byte) bool {
	if p.re != nil {
		return p.re.Match(agent)
	}
	return bytes.Contains(agent, p.literal)
}

// find calls visit with the references of the patterns that match; a pattern
// may be visited more than once.
func (p *patternSet) find(agent []byte, visit func(ref uint32)) {
	for g := range groups(agent) {
		h := groupHash(g)
		if p.marks[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, i := range p.groups[g] {
			if p.patterns[i].matches(agent) {
				visit(p.refs[i])
			}
		}
	}
}

// longestAgent is how much of a user agent patterns are looked for in.
const longestAgent = 4096

// UserAgent looks up a user agent: as it is, then by patterns, of which the
// most confident is given.
func (s *Set) UserAgent(agent []byte, now time.Time) (Match, bool) {
	if len(agent) == 0 {
		return Match{}, false
	}
	if s.Has(UserAgent) {
		if m, ok := s.match(now, s.lookup(&s.text[UserAgent], agent), 0); ok {
			return m, true
		}
	}
	if !s.Has(UserAgentPattern) {
		return Match{}, false
	}
	return s.byPattern(agent[:min(len(agent), longestAgent)], now)
}

func (s *Set) byPattern(agent []byte, now time.Time) (Match, bool) {
	var best Match
	var known [maxLists/64 + 1]uint64
	s.patterns.find(agent, func(ref uint32) {
		m, ok := s.match(now, ref, 0)
		if !ok {
			return
		}
		if list := (ref - 1) >> 24; known[list/64]&(1<<(list%64)) == 0 {
			known[list/64] |= 1 << (list % 64)
			best.feeds++
		}
		if best.best == 0 || s.better(ref, best.best) {
			m.feeds = best.feeds
			best = m
		}
	})
	return best, best.best != 0
}

// better tells whether a pattern is given rather than another: by confidence,
// then the longer one, then by the order of feeds.
func (s *Set) better(a, b uint32) bool {
	x, y := s.record(a), s.record(b)
	if x.confidence != y.confidence {
		return x.confidence > y.confidence
	}
	if x.length != y.length {
		return x.length > y.length
	}
	return a < b
}

// Agents is a Set's UserAgent with a memory of bounded size for user agents
// that no indicator is about, which are most. It is for one goroutine.
type Agents struct {
	set  *Set
	seed maphash.Seed
	none []uint64 // hashes of user agents that match nothing
}

// agentSlots is how many user agents are remembered: 64 KiB.
const agentSlots = 1 << 13

// Agents makes a memory of a set's user agents.
func (s *Set) Agents() *Agents {
	return &Agents{set: s, seed: maphash.MakeSeed(), none: make([]uint64, agentSlots)}
}

// Find is UserAgent.
func (a *Agents) Find(agent []byte, now time.Time) (Match, bool) {
	if len(agent) == 0 || !a.set.Has(UserAgent) && !a.set.Has(UserAgentPattern) {
		return Match{}, false
	}
	hash := maphash.Bytes(a.seed, agent) | 1 // 0 is a free slot
	slot := &a.none[hash>>1%agentSlots]
	if *slot == hash {
		return Match{}, false
	}
	m, ok := a.set.UserAgent(agent, now)
	if !ok && !a.set.knows(agent) {
		*slot = hash
	}
	return m, ok
}

// knows tells whether some indicator is about a user agent, valid or not.
func (s *Set) knows(agent []byte) bool {
	if s.lookup(&s.text[UserAgent], agent) != 0 {
		return true
	}
	known := false
	s.patterns.find(agent[:min(len(agent), longestAgent)], func(uint32) { known = true })
	return known
}
