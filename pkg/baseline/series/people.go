package series

import "github.com/honeymoat/honeymoat/pkg/finding"

// countPerson counts the row for somebody.
func (p *pass) countPerson(who *identity) {
	if who.at < 0 {
		if who.at = p.minute.personAt.find(who.key); who.at < 0 {
			who.at = p.newPerson(who.dimension, who.key)
		}
		if who.at < 0 {
			p.t.stats.TurnedAway++
			return
		}
	}
	c := &p.minute.people[who.at]
	if p.r.ours {
		c.refused++
		return
	}
	p.countAnswer(c)
	p.countDifferent(c)
}

// countAnswer counts a request and how it was answered.
func (p *pass) countAnswer(c *person) {
	r := p.r
	c.requests++
	if r.class > 0 {
		c.told |= toldStatus
		c.answers++
	}
	switch r.class {
	case 4:
		c.clientErrors++
	case 5:
		c.serverErrors++
	}
	if r.out >= 0 {
		c.told |= toldResponseBytes
		c.responseSized++
		c.responseBytes += uint64(r.out)
	}
}

// countDifferent counts what was asked for, and by whom or from where.
func (p *pass) countDifferent(c *person) {
	r, s := p.r, &p.minute.peoples
	if r.path != 0 {
		c.told |= toldPath | toldObjects
		s.add(&c.paths, short(r.path))
	}
	if r.object != 0 {
		s.add(&c.objects, short(r.object))
	}
	if r.principal != 0 && c.dimension != Principal {
		c.told |= toldPrincipal
		s.add(&c.principals, short(r.principal))
	}
	if r.client != 0 && c.dimension != Address {
		c.told |= toldAddress
		s.add(&c.addresses, short(r.address))
	}
}

// newPerson makes the cell of somebody who had no requests in the minute yet,
// or -1 if there is no room.
func (p *pass) newPerson(d Dimension, key uint64) int {
	o, s := p.minute, &p.t.series[d]
	at, known := p.t.room(d, key, o.number)
	if at < 0 {
		return -1
	}
	if !known {
		s.keys[at] = &Key{Dimension: d, Name: p.nameOf(d)}
	}
	s.slots[at].open++
	o.people = append(o.people, person{series: int32(at), dimension: d})
	o.personAt.put(key, len(o.people)-1)
	return len(o.people) - 1
}

// nameOf is what the row calls somebody.
func (p *pass) nameOf(d Dimension) string {
	row := p.r.row
	switch d {
	case Address:
		return finding.ActorOf(p.r.addr.Netip()).Value
	case Principal:
		return kindNames[p.r.kind] + ":" + string(p.r.name[:min(len(p.r.name), maxName)])
	case Application:
		name := p.text(hasApplication, row)
		return string(name[:min(len(name), maxName)])
	default:
		name := p.text(hasNetwork, row)
		return string(name[:min(len(name), maxName)])
	}
}
