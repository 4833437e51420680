package series

import (
	"github.com/honeymoat/honeymoat/pkg/event"
)

// countPlace counts an answered request in its lane.
func (p *pass) countPlace(c *place) {
	r, o, s := p.r, p.minute, &p.minute.sketches
	c.requests++
	c.classes[r.class]++
	if r.class > 0 {
		c.told |= toldStatus
	}
	if r.timed {
		s.measure(&c.latency, r.bucket)
	}
	if r.path != 0 {
		c.told |= toldPath
		s.add(&c.paths, short(r.path))
	}
	if r.object != 0 {
		c.told |= toldObjects
		s.add(&c.objects, short(r.object))
	}
	if r.principal != 0 {
		c.told |= toldPrincipal
		s.add(&c.principals, short(r.principal))
	}
	if r.client != 0 {
		c.told |= toldAddress
		s.add(&c.addresses, short(r.address))
	}
	p.size(c)
	p.carryAll(c)
	l := p.t.lanes.all[c.lane]
	p.judge(c, l)
	if l.facts != nil {
		p.first(o, l, c.lane)
	}
}

// size counts bytes, and keeps the largest.
func (p *pass) size(c *place) {
	r := p.r
	if r.out >= 0 {
		c.told |= toldResponseBytes
		c.responseSized++
		c.responseBytes += uint64(r.out)
		p.keep(&c.largest[largestResponse], r.out, c.lane)
	}
	if r.in >= 0 {
		c.told |= toldRequestBytes
		c.requestSized++
		c.requestBytes += uint64(r.in)
		p.keep(&c.largest[largestRequest], r.in, c.lane)
	}
}

// carryAll counts the row for those who carry it.
func (p *pass) carryAll(c *place) {
	r, weight := p.r, uint32(usualWeight)
	if r.class >= 4 {
		weight += errorWeight
	}
	if r.out > 0 && uint64(r.out)*uint64(c.responseSized) > large*c.responseBytes {
		weight += largeWeight
	}
	p.carry(&c.carriers[carryAddress], weight, r.client, "", nil)
	p.carry(&c.carriers[carryPrincipal], weight, r.principal, kindNames[r.kind], r.name)
	if r.network != 0 {
		p.carry(&c.carriers[carryNetwork], weight, r.network, "", p.text(hasNetwork, r.row))
	}
	if r.agent != 0 {
		p.carry(&c.carriers[carryAgent], weight, r.agent, "", p.text(hasAgent, r.row))
	}
}

// carry counts the row for one who carries it. Who displaced another has a name
// from the second time on, so that a flood of names is not kept.
func (p *pass) carry(c *carriers, weight uint32, key uint64, kind string, name []byte) {
	if key == 0 {
		return
	}
	one := p.minute.ledger.at(c, key)
	if one.name == 0 && len(name) > 0 && (one.weight == 0 || one.count > 0) {
		one.name = p.minute.names.tell(key, kind, name)
	}
	one.weight += weight
	one.count++
	switch p.r.class {
	case 4:
		one.client++
	case 5:
		one.server++
	}
	one.bytes += uint64(max(p.r.out, 0))
}

// judge holds a request's signatures against what its lane has had.
func (p *pass) judge(c *place, l *lane) {
	if l.other {
		return
	}
	if p.r.header != 0 {
		c.note(oddHeader, &l.signatures[oddHeader], short(p.r.header))
	}
	c.note(oddQuery, &l.signatures[oddQuery], p.r.query)
	if p.r.class > 0 {
		c.note(oddFormat, &l.signatures[oddFormat], uint32(p.r.status))
	}
}

func (c *place) note(what int, d *dictionary, signature uint32) {
	judged, odd := d.see(signature)
	if judged {
		c.judged[what]++
	}
	if odd {
		c.odd[what]++
	}
}

// first notes for whom the route works.
func (p *pass) first(o *open, l *lane, lane int32) {
	r := p.r
	familiar := l.kinds.see(r.kind, r.time)
	method := l.method
	switch method {
	case methodOptions:
		return
	case methodHead:
		method = methodGet
	}
	requests := l.facts.requests
	first, before := l.facts.see(method, r.kind, r.status, r.time, familiar)
	if !first || len(o.firsts) >= maxFirsts {
		return
	}
	var at largest
	p.keep(&at, r.out, lane)
	o.firsts = append(o.firsts, debut{single: at.single, kind: r.kind, refusals: before.refusals, requests: requests, since: l.facts.since})
}

// keep keeps the row if it is larger than what is kept, in a place that may
// have nothing yet.
func (p *pass) keep(at *largest, bytes int64, lane int32) {
	if at.single != 0 && at.bytes >= bytes {
		return
	}
	if at.single == 0 {
		at.single = p.minute.newSingle()
	}
	at.bytes = bytes
	s := &p.minute.singles[at.single-1]
	p.note(&s.sight, bytes, lane)
	p.copyText(s)
}

// note says of a record what needs no text.
func (p *pass) note(s *sight, bytes int64, lane int32) {
	r := p.r
	*s = sight{
		bytes: bytes, time: r.time, lane: lane, file: p.file(), status: int16(r.status), client: r.client, principal: r.principal,
		offset: p.b.Number(event.Offset, r.row), line: p.b.Number(event.Line, r.row),
	}
}

// file is the place of the batch's file among the minute's names.
func (p *pass) file() uint32 {
	if p.fileOf != p.minute {
		p.fileOf = p.minute
		name := []byte(p.b.File + fileEnds + p.b.Path)
		p.fileAt = p.minute.names.tell(p.t.hash(name, saltFile), "", name)
	}
	return p.fileAt
}

// fileEnds stands between a file's identity and its path.
const fileEnds = "\x00"

func (p *pass) copyText(s *single) {
	text := s.text[:0]
	for i, f := range singleFields {
		value := p.b.Text(f.field, p.r.row)
		value = value[:min(len(value), f.most)]
		s.lengths[i] = uint16(len(value))
		text = append(text, value...)
	}
	s.text = text
	if p.r.principal != 0 {
		p.minute.names.tell(p.r.principal, kindNames[p.r.kind], p.r.name)
	}
}
