package bouncer

import (
	"slices"
	"sync"
	"time"
)

// client is who a bouncer is, as far as one can see: its key with the segments
// that the key is for, its address, and what it says it is. Revisions are those
// of the view of its segments.
type client struct {
	token, segments, address, agent string
}

// stays is how long it is remembered what a bouncer has got. One that comes
// later gets everything again.
const stays = 24 * time.Hour

const (
	// keptAnswers is how many answers whose arrival nothing proves are repeated
	// at least: so many may be lost one after the other.
	keptAnswers = 8
	// repeats is how long all of them are: bouncers that cannot be told apart
	// push out each other's, however many they are.
	repeats = 5 * time.Minute
	// mostAnswers is how many are in any case.
	mostAnswers = 256
	// quiet is how long a connection with several questions is remembered after
	// the last.
	quiet = 15 * time.Minute
)

// clients remembers what bouncers have got. A bouncer never says so itself,
// and an answer may be lost: the next question on the same connection proves
// that it came; without that proof an answer is repeated in the next ones,
// which does no harm. Two bouncers with one key, address and name are told
// apart by their connections. It is safe for concurrent use.
type clients struct {
	mu    sync.Mutex                     // for all below
	byID  map[client]map[string]*history // by connection
	begun time.Time
	swept time.Time
}

// reply is an answer that went out.
type reply struct {
	revision uint64 // up to which it told
	at       time.Time
}

// old tells whether an answer counts no more; later is how many went out since.
func (r reply) old(later int, now time.Time) bool {
	return later >= mostAnswers || later >= keptAnswers && now.Sub(r.at) > repeats
}

// history is the answers on one connection, oldest first.
type history struct {
	sent []reply
	// blank: the first of them went to a bouncer of which it was not known what
	// it has, as all have since then, and nothing proves that it came; zero = it
	// was known, or came.
	blank time.Time
}

func (h *history) last() reply { return h.sent[len(h.sent)-1] }

// note adds an answer and drops those that count no more; some tells that there
// were such.
func (h *history) note(r reply) (some bool) {
	h.sent = append(h.sent, r)
	drop := 0
	for h.sent[drop].old(len(h.sent)-1-drop, r.at) {
		drop++
	}
	h.sent = slices.Delete(h.sent, 0, drop)
	return drop > 0
}

func newClients(now time.Time) *clients {
	return &clients{byID: map[client]map[string]*history{}, begun: now}
}

// base is from where on a bouncer has to be told; known is false when that
// cannot be said. connection is empty when it may be shared with others. At
// first a connection may be that of a bouncer from before we began, whoever else
// of its key, address and name has asked already.
func (c *clients) base(who client, connection string, now time.Time) (revision uint64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	histories := c.byID[who]
	if h := histories[connection]; h != nil && connection != "" {
		return h.last().revision, true
	}
	if now.Sub(c.begun) < repeats {
		return 0, false
	}
	for _, h := range histories {
		if !h.blank.IsZero() {
			return 0, false
		}
		if first := h.sent[0].revision; !known || first < revision {
			revision, known = first, true
		}
	}
	return revision, known
}

// blankSince is since when a bouncer has got everything in a row, now included,
// as far as nothing proves that it came; how often, as far as that is kept.
func blankSince(histories map[string]*history, now time.Time) (since time.Time, often int) {
	since = now
	for _, h := range histories {
		if !h.blank.IsZero() {
			often += len(h.sent)
			if h.blank.Before(since) {
				since = h.blank
			}
		}
	}
	return since, often
}

// told notes that a bouncer was answered up to a revision. blank tells that it
// was not known what it had, and that it did not ask for everything either: if
// that answer is lost, it will not ask for everything the next time.
func (c *clients) told(who client, connection string, revision uint64, blank bool, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[who] == nil {
		c.byID[who] = map[string]*history{}
	}
	h := c.byID[who][connection]
	if h == nil {
		h = &history{}
		c.byID[who][connection] = h
		if since, often := blankSince(c.byID[who], now); blank && (now.Sub(since) < quiet || often < keptAnswers-1) {
			h.blank = since
		} else if blank {
			settle(c.byID[who])
		}
	} else if connection != "" {
		h.blank = time.Time{} // this question proves it
	}
	if h.note(reply{revision, now}) {
		h.blank = time.Time{} // it is long ago
	}
	c.forget(who, now)
	if now.Sub(c.swept) > quiet || len(c.byID) > mostSeen {
		c.sweep(who, now)
	}
}

// settle takes it that one of so many answers with everything has come.
func settle(histories map[string]*history) {
	for _, h := range histories {
		h.blank = time.Time{}
	}
}

// sweep forgets all that proves nothing any more, and while there are too many
// bouncers, all but who is there now and who has been of late: they get
// everything again.
func (c *clients) sweep(who client, now time.Time) {
	c.swept = now
	for other := range c.byID {
		c.forget(other, now)
	}
	for age := quiet; len(c.byID) > mostSeen; age /= 2 {
		for other, histories := range c.byID {
			if other != who && now.Sub(last(histories)) >= age {
				delete(c.byID, other)
			}
		}
	}
}

// last is when a bouncer was answered last.
func last(histories map[string]*history) (at time.Time) {
	for _, h := range histories {
		if h.last().at.After(at) {
			at = h.last().at
		}
	}
	return at
}

// forget drops what proves nothing any more: connections that were used once
// and whose answer counts no more, and those that have been quiet for long.
func (c *clients) forget(who client, now time.Time) {
	histories := c.byID[who]
	var once []string
	for name, h := range histories {
		switch age := now.Sub(h.last().at); {
		case age > stays:
			delete(histories, name)
		case len(h.sent) == 1:
			once = append(once, name)
		case age > quiet && len(histories) > 1:
			delete(histories, name)
		}
	}
	slices.SortFunc(once, func(a, b string) int { return histories[b].last().at.Compare(histories[a].last().at) })
	for later, name := range once {
		if histories[name].last().old(later, now) {
			delete(histories, name)
		}
	}
	if len(histories) == 0 {
		delete(c.byID, who)
	}
}
