package mirror

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// candidate is what one segment says about a target.
type candidate struct {
	segment string
	id      block.ID
	terms   *block.Terms
	until   time.Duration
	action  block.Action
}

// slot is what is known of a target: nearly always by one segment.
type slot struct {
	target block.Target
	best   candidate
	others []candidate
	place  int // in ends
}

// wins tells whether a candidate stands before another: the stronger action,
// then the longer one.
func (c *candidate) wins(other *candidate) bool {
	switch {
	case c.action != other.action:
		return c.action.Stronger(other.action)
	case c.until != other.until:
		return c.until > other.until
	default:
		return c.id < other.id
	}
}

// put takes what a segment says about a target, in place of what it said.
func (m *Mirror) put(t block.Target, c candidate, now time.Duration) {
	if c.until <= now {
		m.drop(t, c.segment, now)
		return
	}
	s := m.slots[t]
	if s == nil {
		s = &slot{target: t, best: c}
		m.slots[t] = s
		m.ends.add(s)
		return
	}
	s.forget(func(old *candidate) bool { return old.segment == c.segment || old.until <= now })
	s.add(c)
	m.ends.moved(s)
}

// drop forgets what a segment says about a target, and what is over.
func (m *Mirror) drop(t block.Target, segment string, now time.Duration) {
	s := m.slots[t]
	if s == nil {
		return
	}
	s.forget(func(c *candidate) bool { return c.segment == segment || c.until <= now })
	if s.best == (candidate{}) {
		m.ends.remove(s)
		delete(m.slots, t)
		return
	}
	m.ends.moved(s)
}

// expire forgets what is over.
func (m *Mirror) expire(now time.Duration) {
	for {
		due, some := m.ends.first()
		if !some || due > now {
			return
		}
		t := m.ends[0].target
		m.note(t, now)
		m.drop(t, m.ends[0].best.segment, now)
	}
}

// forget drops candidates; the best of the others takes the place of one that
// was the best. With none left the best is zero.
func (s *slot) forget(gone func(c *candidate) bool) {
	s.others = slices.DeleteFunc(s.others, func(c candidate) bool { return gone(&c) })
	if !gone(&s.best) {
		return
	}
	left := s.others
	s.best, s.others = candidate{}, nil
	for _, c := range left {
		s.add(c)
	}
}

func (s *slot) add(c candidate) {
	switch {
	case s.best == (candidate{}):
		s.best = c
	case c.wins(&s.best):
		s.others = append(s.others, s.best)
		s.best = c
	default:
		s.others = append(s.others, c)
	}
}

// shown is what a gateway that is up to date has of a target; zero for nothing.
func (m *Mirror) shown(t block.Target) Entry {
	s := m.slots[t]
	if s == nil || !m.o.Want(t, s.best.action) {
		return Entry{}
	}
	return Entry{Target: t, ID: s.best.id, Action: s.best.action, Terms: s.best.terms, Until: s.best.until}
}

// entry is shown, unless it is over.
func (m *Mirror) entry(t block.Target, s *slot, now time.Duration) Entry {
	if s == nil || s.best.until <= now {
		return Entry{}
	}
	return m.shown(t)
}

// tolerance is how much the ends of entries may differ that are the same
// otherwise: lifetimes travel rounded.
const tolerance = time.Second

func (e *Entry) same(other *Entry) bool {
	return e.Target == other.Target && e.ID == other.ID && e.Action == other.Action &&
		(e.Until-other.Until).Abs() < tolerance && sameTerms(e.Terms, other.Terms)
}

func sameTerms(a, b *block.Terms) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
