package accesslog

import (
	"bytes"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// tyk reads Tyk's access log in either of its forms. No forwarded-for list is
// walked: Tyk logs one entry of it only, by default the one that a client can
// forge.
type tyk struct{ object, text Parser }

func newTyk(o Options) (Parser, error) {
	object, err := newTykJSON(o)
	if err != nil {
		return nil, err
	}
	object.hops.header = true
	text, err := newTykText(o)
	if err != nil {
		return nil, err
	}
	text.hops.header = true
	return &tyk{object, text}, nil
}

// Parse implements Parser.
func (p *tyk) Parse(record []byte, b *event.Batch) Reason {
	if record[0] == '{' {
		return p.object.Parse(record, b)
	}
	return p.text.Parse(record, b)
}

// tykText reads the form of Tyk's access log that is text: lines of logfmt with
// prefix=access-log; others are Skipped. Its time names no year and no zone:
// the year is the one in which the line is no later than a day after it was
// read, and the time is flagged as assumed.
type tykText struct {
	sink
	goals map[string]goal // by key
}

func newTykText(o Options) (*tykText, error) {
	known, byKey := goals(), map[string]goal{}
	for _, at := range tykPlaces() {
		g, err := goalNamed(known, at.name, at.unit)
		if err != nil {
			return nil, err
		}
		byKey[strings.TrimPrefix(at.path, "/")] = g
	}
	if o.ClientHeader != "" {
		byKey["client_ip"] = goal{role: clientHeaderRole}
	}
	return &tykText{newSink(o, true), byKey}, nil
}

// Parse implements Parser.
func (p *tykText) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	access := false
	for rest := record; len(rest) > 0; {
		key, value, after, quoted, ok := logfmtPair(rest)
		if !ok {
			return other(record)
		}
		if rest = bytes.TrimLeft(after, " "); quoted && bytes.IndexByte(value, '\\') >= 0 {
			p.valid = false
			p.decoded = appendJSONUnescaped(p.decoded[:0], value)
			value = p.decoded
		}
		if string(key) == "prefix" {
			if access = string(value) == tykPrefix; !access {
				return Skipped
			}
		}
		p.pair(key, value)
	}
	if !access {
		return other(record)
	}
	p.ownForwarded()
	return p.finish()
}

// other tells a line of the gateway's own from a stranger's.
func other(record []byte) Reason {
	if bytes.HasPrefix(record, []byte("time=")) && bytes.Contains(record, []byte(" level=")) {
		return Skipped
	}
	return NoMatch
}

func (p *tykText) pair(key, value []byte) {
	switch g := p.goals[string(key)]; {
	case g.role == nothing:
	case g.role == timeRole:
		p.moment(value)
	case g.role != keyRole || string(value) != noTykKey:
		p.put(g, value)
	}
}

// moment reads "Jan 29 08:27:09", or a whole time where Tyk is set to write one.
func (p *tykText) moment(v []byte) {
	if p.time(unit{form: rfc3339}, v) {
		return
	}
	last := time.Unix(0, p.Received).UTC().Year()
	if p.Received == 0 {
		return
	}
	for year := last + 1; year >= last-1; year-- {
		m := moment{year: int64(year), month: 1, day: 1}
		rest, ok := m.layout("%b %e %T", v)
		days, fine := civil(m.year, m.month, m.day)
		if !ok || len(rest) > 0 {
			return
		}
		ns := local((days*day+m.hour*3600+m.minute*60+m.second)*second, p.zone)
		if fine && ns <= p.Received+int64(24*time.Hour) {
			p.SetNumber(event.Time, ns)
			p.Flag(event.TimeAssumed)
			return
		}
	}
}
