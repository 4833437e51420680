package bouncer

import (
	"slices"
	"time"
)

// reply is an answer that went out.
type reply struct {
	revision uint64 // up to which it told
	at       time.Time
}

// timeline is answers of which one may be the last that some bouncer has got.
// Those that went out within a grain are kept as one: how long it is depends on
// the time it covers, and never on how many ask, or how often.
type timeline struct {
	grain time.Duration
	spans []span // by their first
}

// span is answers that went out close to each other.
type span struct {
	least       uint64 // revision of them
	first, last time.Time
	answers     int
}

// add takes an answer, which may have gone out before those that are there.
func (t *timeline) add(r reply) {
	i := len(t.spans)
	for i > 0 && t.spans[i-1].first.After(r.at) {
		i--
	}
	if i > 0 && r.at.Sub(t.spans[i-1].first) < t.grain {
		s := &t.spans[i-1]
		s.least, s.answers = min(s.least, r.revision), s.answers+1
		if r.at.After(s.last) {
			s.last = r.at
		}
		return
	}
	t.spans = slices.Insert(t.spans, i, span{r.revision, r.at, r.at, 1})
}

// drop forgets what is older than an age, but for so many of the latest, and
// all that is older than stays.
func (t *timeline) drop(now time.Time, age time.Duration, latest int) {
	later := 0
	for i := len(t.spans) - 1; i >= 0; i-- {
		old := now.Sub(t.spans[i].last)
		if old > stays || old > age && later >= latest {
			t.spans = slices.Delete(t.spans, 0, i+1)
			return
		}
		later += t.spans[i].answers
	}
}

// least is from where on everybody is told all; ok is false when there is
// nothing.
func (t *timeline) least() (revision uint64, ok bool) {
	for i, s := range t.spans {
		if i == 0 || s.least < revision {
			revision = s.least
		}
	}
	return revision, len(t.spans) > 0
}

// latest is when the last of the answers went out.
func (t *timeline) latest() (at time.Time) {
	for _, s := range t.spans {
		if s.last.After(at) {
			at = s.last
		}
	}
	return at
}
