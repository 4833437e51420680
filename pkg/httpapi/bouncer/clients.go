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
	// it has, and nothing proves that it came.
	blank bool
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
	switch blank := blankAnswers(histories); {
	case blank >= keptAnswers:
		for _, h := range histories {
			h.blank = false // one of so many came
		}
	case blank > 0:
		return 0, false
	}
	for _, h := range histories {
		if first := h.sent[0]; !known || first < revision {
			revision, known = first, true
		}
	}
	return revision, known
}

// blankAnswers is how many answers had everything in a row, as far as nothing
// proves that one came.
func blankAnswers(histories map[string]*history) (n int) {
	for _, h := range histories {
		if h.blank {
			n += len(h.sent)
		}
	}
	return n
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
		h = &history{blank: blank}
		c.byID[who][connection] = h
	} else if connection != "" {
		h.blank = false // this question proves it
	}
	h.sent = append(h.sent, revision)
	h.sent = h.sent[max(0, len(h.sent)-keptAnswers):]
	h.at = now
	c.forget(who, now)
	if now.Sub(c.swept) > quiet || len(c.byID) > mostSeen {
		c.sweep(who, now)
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
