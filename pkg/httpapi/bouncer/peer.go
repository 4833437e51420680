package bouncer

import "time"

// peer is the bouncers that look like one.
type peer struct {
	// once holds connections that were used once: nothing proves yet that the
	// answer came. Those of several questions are in used.
	once map[string]once
	used map[string]*used
	// open are the answers whose arrival nothing will prove; left is what had
	// come on connections that are used no more: whoever had one may be away.
	open, left timeline
	blank      blanks
	// shares: their connections are not one bouncer's each.
	shares bool
	tidied time.Time
	begun  time.Time // nothing is known from before
}

type once struct {
	reply
	blank bool
}

// used is a connection: what came on it for sure, and the last answer.
type used struct {
	came uint64
	last reply
}

const (
	// keptAnswers is how many answers whose arrival nothing proves are repeated
	// at least: so many may be lost one after the other.
	keptAnswers = 8
	// quiet is how long all of them are, however many there are: bouncers that
	// cannot be told apart may each have another one. So long, too, a connection
	// with several questions is remembered after the last.
	quiet = 15 * time.Minute
	// idle is how long a connection of one question is remembered, and every how
	// often that is looked at.
	idle = 5 * time.Minute
	// mostConnections is how many connections of a peer are remembered.
	mostConnections = 4096
)

func newPeer(now, begun time.Time) *peer {
	return &peer{
		once: map[string]once{}, used: map[string]*used{}, tidied: now, begun: begun,
		open: timeline{grain: quiet / 32}, left: timeline{grain: quiet},
	}
}

// prove takes it that the last answer on a connection came, because there is
// another question on it; ok is false if nothing was asked on it before.
func (p *peer) prove(connection string) (revision uint64, ok bool) {
	if u := p.used[connection]; u != nil {
		u.came = u.last.revision
		return u.came, true
	}
	o, ok := p.once[connection]
	if !ok {
		return 0, false
	}
	delete(p.once, connection)
	p.used[connection] = &used{o.revision, o.reply}
	if o.blank {
		p.blank.came(o.at)
	}
	return o.revision, true
}

// keeps tells whether the bouncers keep their connections.
func (p *peer) keeps() bool { return len(p.used)+len(p.left.spans) > 0 }

// told notes an answer; blank tells that it went to a bouncer of which it was
// not known what it has.
func (p *peer) told(connection string, r reply, blank bool) {
	if blank {
		p.blank.add(r.at)
	}
	switch u := p.used[connection]; {
	case connection == "":
		p.open.add(r)
	case u != nil:
		u.last = r
	default:
		p.once[connection] = once{r, blank}
	}
	if r.at.Sub(p.tidied) > idle || len(p.once)+len(p.used) > mostConnections {
		p.tidy(r.at)
	}
}

// least is what every one of the bouncers has got; ok is false if nothing is
// known of them.
func (p *peer) least() (revision uint64, ok bool) {
	take := func(r uint64, there bool) {
		if there && (!ok || r < revision) {
			revision, ok = r, true
		}
	}
	take(p.open.least())
	take(p.left.least())
	for _, o := range p.once {
		take(o.revision, true)
	}
	for _, u := range p.used {
		take(u.came, true)
	}
	return revision, ok
}

// tidy forgets connections that are used no more, but not what went out on
// them, as long as somebody may ask who has got nothing since.
func (p *peer) tidy(now time.Time) {
	p.tidied = now
	age := quiet
	if len(p.once)+len(p.used) > mostConnections {
		age = 0
	}
	p.settle(now, age)
	p.open.drop(now, quiet, keptAnswers)
	p.left.drop(now, stays, 0)
}

// share takes it that a connection is not always one bouncer's: what is asked
// on one proves nothing from now on.
func (p *peer) share(now time.Time) {
	p.shares = true
	for _, u := range p.used {
		p.open.add(u.last)
	}
	p.settle(now, 0)
}

// settle has connections that were not used for so long leave, and those of one
// question after idle.
func (p *peer) settle(now time.Time, age time.Duration) {
	for name, o := range p.once {
		if now.Sub(o.at) >= min(age, idle) {
			p.open.add(o.reply)
			delete(p.once, name)
		}
	}
	for name, u := range p.used {
		if now.Sub(u.last.at) >= age {
			p.left.add(reply{u.came, u.last.at})
			delete(p.used, name)
		}
	}
}

// last is when one of the bouncers was answered last.
func (p *peer) last() time.Time {
	at := p.open.latest()
	take := func(other time.Time) {
		if other.After(at) {
			at = other
		}
	}
	take(p.left.latest())
	for _, o := range p.once {
		take(o.at)
	}
	for _, u := range p.used {
		take(u.last.at)
	}
	return at
}

// blanks are answers in a row to bouncers of which it was not known what they
// have, and that did not ask for everything either: if such an answer is lost,
// the next has to hold everything again.
type blanks struct {
	since             time.Time
	answers, unproved int
}

// last tells whether one of them may not have come.
func (b *blanks) last(now time.Time) bool {
	age := now.Sub(b.since)
	return b.unproved > 0 && age < stays && (age < quiet || b.answers < keptAnswers)
}

func (b *blanks) add(now time.Time) {
	if !b.last(now) {
		*b = blanks{since: now}
	}
	b.answers++
	b.unproved++
}

// came takes one away that came, unless it was in a row before.
func (b *blanks) came(at time.Time) {
	if !at.Before(b.since) && b.unproved > 0 {
		b.unproved--
	}
}
