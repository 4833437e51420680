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
	// at most: so many may be lost one after the other.
	keptAnswers = 8
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
	swept time.Time
}

// history is the revisions that were sent on one connection, oldest first.
type history struct {
	sent []uint64
	at   time.Time
	// blank: the first of them went to a bouncer of which it was not known what
	// it has, as all have since then, and nothing proves that it came; zero = it
	// was known, or came.
	blank time.Time
}

func newClients() *clients { return &clients{byID: map[client]map[string]*history{}} }

// base is from where on a bouncer has to be told; known is false when that
// cannot be said. connection is empty when it may be shared with others.
func (c *clients) base(who client, connection string) (revision uint64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	histories := c.byID[who]
	if h := histories[connection]; h != nil && connection != "" {
		return h.sent[len(h.sent)-1], true
	}
	for _, h := range histories {
		if !h.blank.IsZero() {
			return 0, false
		}
		if first := h.sent[0]; !known || first < revision {
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
	} else if connection != "" || len(h.sent) == keptAnswers {
		h.blank = time.Time{} // this question proves it, or it is long ago
	}
	h.sent = append(h.sent, revision)
	h.sent = h.sent[max(0, len(h.sent)-keptAnswers):]
	h.at = now
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
		if h.at.After(at) {
			at = h.at
		}
	}
	return at
}

// forget drops what proves nothing any more: connections that were used once,
// but for the last few, and those that have been quiet for long.
func (c *clients) forget(who client, now time.Time) {
	histories := c.byID[who]
	var once []string
	for name, h := range histories {
		switch age := now.Sub(h.at); {
		case age > stays:
			delete(histories, name)
		case len(h.sent) == 1:
			once = append(once, name)
		case age > quiet && len(histories) > 1:
			delete(histories, name)
		}
	}
	slices.SortFunc(once, func(a, b string) int { return histories[b].at.Compare(histories[a].at) })
	for _, name := range once[min(len(once), keptAnswers):] {
		delete(histories, name)
	}
	if len(histories) == 0 {
		delete(c.byID, who)
	}
}
