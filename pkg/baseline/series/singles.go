package series

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// largest is a record that stands out, or nil: one for all places that it
// stands out of.
func (t *Table) largest(o *open, at uint32) *Single {
	if at == 0 {
		return nil
	}
	c := &t.closing
	for len(c.made) < len(o.singles) {
		c.made = append(c.made, nil)
	}
	if made := &c.made[at-1]; *made != nil {
		return *made
	}
	s := &o.singles[at-1]
	one := t.single(o, &s.sight)
	s.tell(&one.Sighting)
	c.made[at-1] = c.put(one)
	return c.made[at-1]
}

// single is a record that stands out, for those who read it.
func (t *Table) single(o *open, s *sight) Single {
	l := t.lanes.all[s.lane]
	file, path, _ := strings.Cut(t.closing.text(o, s.file), fileEnds)
	one := Single{Bytes: s.bytes, Time: s.time, Route: l.route, Principal: t.principal(o, s.principal), Sighting: finding.Sighting{
		Via: finding.ViaAccess, Source: l.source, Gateway: l.gateway, File: path, Line: max(s.line, 0), Method: methodNames[l.method],
		Status: max(int64(s.status), 0),
	}}
	if s.offset >= 0 && file != "" {
		one.Sighting.Record = event.FormatRecordID(file, s.offset)
	}
	if s.client != 0 {
		one.Address = t.client(s.client)
	}
	return one
}

// put keeps a record for as long as the minute is told.
func (c *closing) put(one Single) *Single {
	if len(c.singles) == cap(c.singles) { // rows point into it
		c.singles = make([]Single, 0, max(256, 2*cap(c.singles)))
	}
	c.singles = append(c.singles, one)
	return &c.singles[len(c.singles)-1]
}

// client is the actor behind a clientKey.
func (t *Table) client(key uint64) finding.Actor {
	s := &t.series[Address]
	if at := s.find(t.addressKey(key)); at >= 0 {
		return s.keys[at].Actor()
	}
	return finding.ActorOf(clientAddr(key).Netip())
}

// principal is who has a key; nobody if that is not known any more.
func (t *Table) principal(o *open, key uint64) finding.Actor {
	if key == 0 {
		return finding.Actor{}
	}
	if at := t.series[Principal].find(key); at >= 0 {
		return t.series[Principal].keys[at].Actor()
	}
	k := Key{Dimension: Principal, Name: t.closing.text(o, o.names.index[key])}
	if k.Name == "" {
		return finding.Actor{}
	}
	return k.Actor()
}

// first is a debut, for those who read it.
func (t *Table) first(o *open, d *debut) First {
	s := &o.singles[d.single-1]
	return First{
		Single: *t.largest(o, d.single), Kind: kindNames[d.kind], Method: methodNames[t.lanes.all[s.lane].method],
		Refusals: d.refusals, Requests: d.requests, Since: d.since,
	}
}

// tell writes what is kept of a record's text.
func (s *single) tell(seen *finding.Sighting) {
	text := s.text
	for i, to := range [singleTexts]*string{&seen.Path, &seen.Host, &seen.UserAgent, &seen.RequestID} {
		*to, text = string(text[:s.lengths[i]]), text[s.lengths[i]:]
	}
	*seen = seen.Bounded()
}
