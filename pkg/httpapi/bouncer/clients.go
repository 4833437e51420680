package bouncer

import (
	"sync"
	"time"
)

// client is who a bouncer is, as far as one can see: its key with the segments
// that the key is for, its address, what it says it is, and what it wants to
// hear of. Revisions are those of the view of its segments.
type client struct {
	token, segments, address, agent, wants string
}

// question is one of a bouncer's.
type question struct {
	who client
	// connection is the bouncer's own; empty: it may be shared with others.
	connection string
	startup    bool // it wants everything
	at         time.Time
}

const (
	// stays is how long it is remembered what a bouncer has got. One that comes
	// later gets everything again.
	stays = 24 * time.Hour
	// setBack is how far a clock goes back, at least, for all to be told again.
	setBack = time.Minute
	// mostOwners is how many connections are remembered by who used them.
	mostOwners = 1 << 16
)

// clients remembers what bouncers have got. A bouncer never says so itself,
// and an answer may be lost: the next question on the same connection proves
// that it came; without that proof an answer is repeated in the next ones,
// which does no harm. Bouncers with one key, address and name are told apart by
// their connections; who cannot be told apart is told what any of them may lack.
// It is safe for concurrent use.
type clients struct {
	mu     sync.Mutex // for all below
	byID   map[client]*peer
	owners map[string]*owner // by connection
	swept  time.Time
	// crowded is when we began, or forgot who had asked before its time.
	crowded time.Time
	clock   time.Time // of the latest question, without what counts on when the clock is set
}

// owner is who asked first on a connection.
type owner struct {
	who client
	at  time.Time // of the last question
}

func newClients(now time.Time) *clients {
	c := &clients{}
	c.begin(now)
	return c
}

func (c *clients) begin(now time.Time) {
	c.byID, c.owners, c.swept, c.crowded = map[client]*peer{}, map[string]*owner{}, now, now
}

// base is from where on a bouncer has to be told; known is false when that
// cannot be said. At first a connection may be that of a bouncer from before we
// began, whoever else of its key, address and name has asked already; where
// bouncers keep their connections, one that was away may come for long.
func (c *clients) base(q *question) (revision uint64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch(q.at)
	if q.at.Sub(c.swept) > quiet || len(c.byID) >= mostSeen || len(c.owners) >= mostOwners {
		c.sweep(q.who, q.at)
	}
	c.own(q)
	p := c.byID[q.who]
	if p == nil {
		return 0, false
	}
	if q.connection != "" {
		if revision, known = p.prove(q.connection); known {
			return revision, true
		}
	}
	if q.at.Sub(p.tidied) > idle {
		p.tidy(q.at)
	}
	begun := q.at.Sub(p.begun)
	if begun < quiet || p.blank.last(q.at) || begun < stays && q.connection != "" && p.keeps() {
		return 0, false
	}
	return p.least()
}

// watch begins anew when the clock was set back: what was over by the clock
// before, and told to nobody, may hold by this one.
func (c *clients) watch(now time.Time) {
	wall := now.Round(0)
	if c.clock.Sub(wall) >= setBack {
		c.begin(now)
		c.clock = wall
	}
	if wall.After(c.clock) {
		c.clock = wall
	}
}

// own takes the connection from a question if it may not be the bouncer's own:
// some proxies share theirs and say nothing of it. A bouncer asks for everything
// once on a connection, at first, and is always the same.
func (c *clients) own(q *question) {
	if q.connection == "" {
		return
	}
	o := c.owners[q.connection]
	if o == nil {
		o = &owner{who: q.who}
		c.owners[q.connection] = o
	} else if q.startup || o.who != q.who {
		c.peer(o.who, q.at).share(q.at)
		c.peer(q.who, q.at).share(q.at)
	}
	o.at = q.at
	if p := c.byID[q.who]; p != nil && p.shares {
		q.connection = ""
	}
}

// peer gives that of a client, a new one if there is none.
func (c *clients) peer(who client, now time.Time) *peer {
	p := c.byID[who]
	if p == nil {
		p = newPeer(now, c.crowded)
		c.byID[who] = p
	}
	return p
}

// told notes that a bouncer was answered up to a revision. blank tells that it
// was not known what it had, and that it did not ask for everything either: if
// that answer is lost, it will not ask for everything the next time.
func (c *clients) told(q *question, revision uint64, blank bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer(q.who, q.at).told(q.connection, reply{revision, q.at}, blank)
}

// sweep forgets all that proves nothing any more, and while there are too many
// bouncers, all but who is there now and who has been of late: they get
// everything again.
func (c *clients) sweep(who client, now time.Time) {
	c.swept = now
	for other, p := range c.byID {
		p.tidy(now)
		if _, ok := p.least(); !ok {
			delete(c.byID, other)
		}
	}
	for age := quiet; len(c.byID) > mostSeen*3/4; age /= 2 {
		for other, p := range c.byID {
			if other != who && now.Sub(p.last()) >= age {
				delete(c.byID, other)
				c.crowded = now
			}
		}
	}
	for age := quiet; ; age /= 2 {
		for name, o := range c.owners {
			if now.Sub(o.at) > age {
				delete(c.owners, name)
			}
		}
		if len(c.owners) <= mostOwners/2 || age == 0 {
			return
		}
	}
}
