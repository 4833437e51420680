package accesslog

import "bytes"

// slot is a field of a pattern and the literal after it.
type slot struct {
	name  string // for messages
	goal  goal
	shape shape
	spare bool   // a better slot has the same value
	after []byte // empty for the last field only
	colon bool   // an address with a colon after it
	stays bool   // after belongs to the next field: a path that begins with "/"
	kept  span   // while another cut is looked for
	time  slotTime
}

// slotTime is the time that was last read at a slot's place.
type slotTime struct {
	span
	ns    int64
	zoned bool
}

// shape is what a field's value may look like.
type shape uint8

const (
	anyText shape = iota
	wordShape
	addressShape
	requestShape
	methodShape
	protocolShape
	numberShape
	timesShape
	timeShape
)

// longestTime bounds where the end of a time is looked for.
const longestTime = 64

// fields finds the fields of a record.
func (p *pattern) fields(record []byte) bool {
	p.record, p.lenient = record, false
	if p.died {
		p.revive()
	}
	if p.cut(0, len(p.head)) {
		return true
	}
	p.lenient = true
	p.revive()
	return p.cut(0, len(p.head))
}

// cut finds the fields from slot i on, in the record from start on. Where a
// value may hold the literal after it, as a user's name may, the next place is
// tried if what follows does not fit: what a client sends must not hide its
// line. The effort stays linear: where a value is any text, a place from which
// the rest does not fit is a place from which it never will.
func (p *pattern) cut(i, start int) bool {
	if i == len(p.slots) {
		return start == len(p.record)
	}
	s := &p.slots[i]
	if len(s.after) == 0 {
		p.spans[i] = span{start, len(p.record)}
		return p.fits(s, start, len(p.record)) && (p.floor.end == 0 || p.floor.slot != i)
	}
	if start >= p.dead[i] {
		return false
	}
	limit := len(p.record)
	switch s.shape {
	case timeShape:
		limit = min(limit, start+longestTime+len(s.after))
	case requestShape:
		if !p.lenient && !beginsRequest(p.record[start:]) {
			return false
		}
	}
	for from := start; from <= limit; {
		at := index(p.record[from:limit], s.after)
		if at < 0 {
			break
		}
		end := from + at
		from = end + 1
		if s.after[0] == '"' && p.escaped && p.escape <= escapedJSON && backslashes(p.record[:end])%2 == 1 {
			continue
		}
		if !p.fits(s, start, end) {
			if s.shape == timeShape || s.shape == requestShape || s.colon {
				continue
			}
			break // nor does anything longer
		}
		if p.floor.end > end && p.floor.slot == i {
			continue
		}
		next := end + len(s.after)
		if s.stays {
			next = end
		}
		if p.cut(i+1, next) {
			p.spans[i] = span{start, end}
			return true
		}
	}
	if s.shape == anyText || s.shape == requestShape {
		p.dead[i], p.died = start, true
	}
	return false
}

func index(v, literal []byte) int {
	if len(literal) == 1 {
		return bytes.IndexByte(v, literal[0])
	}
	return bytes.Index(v, literal)
}

// fits tells whether a text can be a slot's value. Of most shapes: what does
// not fit does not fit with more at its end either.
func (p *pattern) fits(s *slot, start, end int) bool {
	v := p.record[start:end]
	if s.shape == anyText || len(v) == 0 || len(v) == 1 && v[0] == '-' {
		return true
	}
	switch s.shape {
	case timeShape:
		ns, zoned, ok := readTime(s.goal.unit, v)
		s.time = slotTime{span{start, end}, ns, zoned}
		return ok
	case numberShape:
		return isNumber(v)
	case timesShape:
		return isTimes(v)
	case addressShape:
		return s.isAddress(v, p.lenient)
	}
	return p.lenient || s.shape.holds(v)
}

// holds tells whether a word can be what its shape says.
func (s shape) holds(v []byte) bool {
	switch s {
	case methodShape:
		return isMethod(v)
	case requestShape:
		at := bytes.LastIndexByte(v, ' ')
		return at > 0 && bytes.HasPrefix(v[at+1:], []byte("HTTP/"))
	case protocolShape:
		return len(v) <= maxMethod && bytes.IndexByte(v, ' ') < 0
	}
	return bytes.IndexByte(v, ' ') < 0 && bytes.IndexByte(v, '"') < 0
}

// isAddress tells whether v may be an address or a name. Where a colon follows
// it, as before a port, it has to be an address: it may hold colons itself.
func (s *slot) isAddress(v []byte, lenient bool) bool {
	if s.colon && !lenient {
		_, ok := parseAddr(v)
		return ok
	}
	return wordShape.holds(v)
}

// beginsRequest tells whether v begins as a request line does, or is none.
func beginsRequest(v []byte) bool {
	at := bytes.IndexByte(v[:min(len(v), maxMethod+1)], ' ')
	return at > 0 && isMethod(v[:at]) || len(v) == 0 || v[0] == '-' || v[0] == '"'
}

// isNumber tells whether v is the beginning of a number or all of it.
func isNumber(v []byte) bool {
	if v[0] == '-' || v[0] == '+' {
		v = v[1:]
	}
	for _, c := range v {
		if (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return len(v) < 24
}

// isTimes tells whether v is one time or a list of them, as several upstreams
// give.
func isTimes(v []byte) bool {
	for _, c := range v {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && !isListSeparator(c) {
			return false
		}
	}
	return true
}

// shape tells what the values of a goal look like.
func (g goal) shape() shape {
	switch g.role {
	case timeRole:
		return timeShape
	case numberRole, wireRole, countRole:
		return numberShape
	case requestRole:
		return requestShape
	case durationRole, sumRole:
		if g.unit.form == spelled {
			return wordShape
		}
		return timesShape
	case peerRole, clientRole, proxyRole:
		return addressShape
	case hostRole, wordRole:
		return wordShape
	case textRole:
		return textShape(g)
	}
	return anyText
}

// isAddress tells whether a goal has a say in who the client is.
func (g goal) isAddress() bool {
	switch g.role {
	case peerRole, clientRole, proxyRole, clientHeaderRole, forwardedRole:
		return true
	}
	return false
}
