package behaviour

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// take reads a row that is to be watched.
func (p *pass) take(row int) {
	p.read(row, &p.waiting[p.waits])
	if p.waits++; p.waits == ahead {
		p.flush()
	}
}

// flush watches the rows that wait.
func (p *pass) flush() {
	waiting, actors := p.waiting[:p.waits], p.observer.actors
	var places [ahead]int
	for i := range waiting {
		places[i] = actors.find(waiting[i].actor)
	}
	for i, place := range places[:len(waiting)] {
		if place >= 0 {
			p.fetched += actors.at(place).fetch(waiting[i].kind != kindAddress)
		}
	}
	for i := range waiting {
		p.row(&waiting[i])
	}
	p.waits = 0
}

// row watches one row.
func (p *pass) row(r *record) {
	p.time = r.time
	p.observer.sweep(r.time)
	p.signIn(r)
	if !r.named {
		return
	}
	p.locate(r)
	a := p.actor(r)
	if r.asset {
		a.parts++
		return
	}
	if string(p.batch.Text(event.Method, r.row)) == "OPTIONS" {
		return // a browser asks so by itself
	}
	p.moved(r, a)
	p.taken(r, a)
	p.step(r, a)
	p.turn(r, a)
	p.object(r, a)
}

// actor finds or makes the record's actor, in a window that goes on.
func (p *pass) actor(r *record) *actor {
	o := p.observer
	place, fresh := o.actors.take(r.actor)
	a := o.actors.at(place)
	if fresh {
		a.kind = r.kind
	}
	if a.open && o.over(a.start, a.last, r.time) {
		o.end(a)
	}
	if !a.open {
		o.start(a, r)
		o.actors.until[place] = r.time + int64(o.limits.Pause)
		a.past.active(r.time)
	} else if r.time/hourNanoseconds > a.last/hourNanoseconds {
		a.past.active(r.time)
	}
	a.last = max(a.last, r.time)
	a.requests++
	if a.kind == kindAddress && r.agent != 0 {
		a.agents.add(r.agent)
	}
	a.lead(r.site, r.crowd)
	return a
}

// lead keeps of the sites of a window that of most requests.
func (w *watch) lead(site uint64, c crowd) {
	switch {
	case w.site == site:
		w.sites++
	case w.sites == 0:
		w.site, w.crowd, w.sites = site, c, 1
	default:
		w.sites--
	}
}

// turn watches pages: how many, at which pace, and what goes with them.
func (p *pass) turn(r *record, a *actor) {
	if !r.given {
		return
	}
	b := p.batch
	a.turns++
	if len(b.Text(event.Referer, r.row)) > 1 {
		a.referred++
	}
	fresh := a.pages.add(p.observer.hash(r.path, r.site))
	p.pace(r, a, fresh)
	a.turnAt = max(a.turnAt, r.time)
	if query := b.Text(event.Query, r.row); len(query) > 0 {
		if r.asked = ask(query); r.asked.paging {
			a.walk.turn(p.observer.hash(r.path, r.site+1), p.observer.hash(r.asked.page, r.site), r.asked.page)
			p.walked(r, a)
		}
	}
	p.scraped(r, a)
	p.posed(r, a)
}

// taken watches how much data is given.
func (p *pass) taken(r *record, a *actor) {
	if !r.given {
		return
	}
	if n := p.batch.Number(event.ResponseBytes, r.row); n > 0 && !isDownload(r.path) {
		a.bytes += uint64(n)
		a.largest = max(a.largest, uint64(n))
		if p.sensitive(r.row) {
			a.sensitive += uint64(n)
		}
		p.took(r, a)
	}
}

// wanted tells whether a detector is to look at so much.
func (p *pass) wanted(a *actor, d detector, measure float64) bool {
	return float32(measure) >= a.next[d] && !p.observer.disabled[d]
}

// rare is how rare is rare enough to be told: nothing is while the site is new.
func (p *pass) rare() float64 { return p.rareAfter(1) }

// rareAfter is rare, for what takes so many times as long to learn.
func (p *pass) rareAfter(times int64) float64 {
	o := p.observer
	place := o.sites.find(p.site)
	if place < 0 || p.time-o.sites.at(place).since < times*int64(o.limits.Learning) {
		return 0
	}
	return o.limits.Rare
}

// judge tells whether a look is rare enough to be told, and says when to look
// again: a little later if not, at twice as much if it is.
func (p *pass) judge(a *actor, d detector, measure, chance, rare float64) bool {
	if !(chance < rare) {
		a.next[d] = float32(measure*1.15 + 1)
		return false
	}
	a.next[d] = float32(2 * measure)
	if a.told[d] < math.MaxUint8 {
		a.told[d]++
	}
	return true
}

// company is whom an actor is compared with, and the site; nil when too few are
// known by this measure.
func (p *pass) company(a *actor, of func(*company) *peers) (*company, *peers) {
	o := p.observer
	place := o.sites.find(a.site)
	if place < 0 {
		return nil, nil
	}
	c := &o.sites.at(place).crowds[a.crowd]
	if known := of(c); float64(known.n) >= float64(o.limits.Peers) {
		return c, known
	}
	return nil, nil
}
