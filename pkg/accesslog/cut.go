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
	anyText      shape = iota
	wordShape          // without spaces and quotes
	addressShape       // a word; where a colon follows, as before a port, an address: it may hold colons itself
	requestShape
	methodShape
	numberShape
	timesShape
	timeShape
)

// Bounds on where the end of a value is looked for.
const (
	longestTime     = 64
	longestAddress  = 64
	longestProtocol = 16 // with the space before it
)

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
// line. The effort stays linear: from where the rest did not fit once, it is
// not tried again.
func (p *pattern) cut(i, start int) bool {
	if i == len(p.slots) {
		return start == len(p.record)
	}
	if p.dead[i].start <= start && start <= p.dead[i].end {
		return false
	}
	s := &p.slots[i]
	run := p.run(s, start)
	if len(s.after) == 0 {
		p.spans[i] = span{start, len(p.record)}
		return run == len(p.record) && p.fits(s, start, run) && (p.floor.end == 0 || p.floor.slot != i)
	}
	limit := min(run+len(s.after), len(p.record))
	for from := start; from < limit; {
		at := index(p.record[from:limit], s.after)
		if at < 0 {
			break
		}
		end := from + at
		from = end + 1
		if p.escaped && p.quoting(s, end) || p.floor.end > end && p.floor.slot == i || !p.fits(s, start, end) {
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
	p.bury(i, start, run)
	return false
}

// quoting tells whether a quote that ends a slot is a part of its value, as an
// odd number of backslashes before it says.
func (p *pattern) quoting(s *slot, end int) bool {
	return s.after[0] == '"' && p.escape <= escapedJSON && backslashes(p.record[:end])%2 == 1
}

// bury notes that the rest of the record does not fit with slot i beginning at
// start, nor anywhere from there to the first byte that its value cannot have:
// a value that begins later can end in fewer places.
func (p *pattern) bury(i, start, run int) {
	if s := &p.slots[i]; s.shape == timeShape || s.colon && !p.lenient {
		return
	}
	p.dead[i], p.died = span{start, run}, true
}

// run gives the end of the longest value that a slot could have from start on.
func (p *pattern) run(s *slot, start int) int {
	v := p.record[start:]
	switch s.shape {
	case anyText:
		return len(p.record)
	case timeShape:
		return min(start+longestTime, len(p.record))
	case requestShape:
		if !p.lenient && !beginsRequest(v) {
			return start
		}
		return len(p.record)
	case numberShape:
		return start + runOf(v, isNumberByte)
	case timesShape:
		return start + runOf(v, isTimes)
	case addressShape:
		if s.colon {
			v = v[:min(len(v), longestAddress)]
		}
		return start + word(v)
	}
	if p.lenient {
		return len(p.record)
	}
	if s.shape == methodShape {
		return start + runOf(v, isMethodByte)
	}
	return start + word(v)
}

// word is the length of the word at the front of v.
func word(v []byte) int {
	if at := bytes.IndexByte(v, ' '); at >= 0 {
		v = v[:at]
	}
	if at := bytes.IndexByte(v, '"'); at >= 0 {
		return at
	}
	return len(v)
}

func runOf(v []byte, holds func(byte) bool) int {
	for i, c := range v {
		if !holds(c) {
			return i
		}
	}
	return len(v)
}

func isNumberByte(c byte) bool { return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' }

// isTimes tells whether c may be in a time or in a list of them, as several
// upstreams give.
func isTimes(c byte) bool { return isNumberByte(c) || isListSeparator(c) }

func isMethodByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '_' }

func index(v, literal []byte) int {
	if len(literal) == 1 {
		return bytes.IndexByte(v, literal[0])
	}
	return bytes.Index(v, literal)
}

// fits tells whether a text can be a slot's value, beyond what its bytes say.
func (p *pattern) fits(s *slot, start, end int) bool {
	v := p.record[start:end]
	if s.shape != timeShape && s.shape != requestShape && !s.colon || len(v) == 0 || len(v) == 1 && v[0] == '-' {
		return true
	}
	if s.shape == timeShape {
		ns, zoned, ok := readTime(s.goal.unit, v)
		s.time = slotTime{span{start, end}, ns, zoned}
		return ok
	}
	if p.lenient {
		return true
	}
	if s.colon {
		_, ok := parseAddr(v)
		return ok
	}
	// Every quote in a log that escapes none may be its end: no more is looked
	// at for each than a protocol has.
	v = v[max(1, len(v)-longestProtocol):]
	at := bytes.LastIndexByte(v, ' ')
	return at >= 0 && bytes.HasPrefix(v[at+1:], []byte("HTTP/"))
}

// beginsRequest tells whether v begins as a request line does, or is none.
func beginsRequest(v []byte) bool {
	at := bytes.IndexByte(v[:min(len(v), maxMethod+1)], ' ')
	return at > 0 && isMethod(v[:at]) || len(v) == 0 || v[0] == '-' || v[0] == '"'
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
	case peerRole, clientRole, proxyRole, clientHeaderRole, forwardedRole, forwardedElseRole:
		return true
	}
	return false
}
