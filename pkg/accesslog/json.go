package accesslog

import (
	"bytes"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// jsonLog reads one JSON object a line through a mapping.
type jsonLog struct {
	row
	hops   hops
	root   *node
	agents bool // the mapping has a user agent
	peer   netip.Addr
	client netip.Addr
}

func newJSON(o Options) (Parser, error) {
	m := o.Mapping
	if m == nil {
		m = DefaultMapping()
	}
	root, err := m.compile()
	if err != nil {
		return nil, err
	}
	_, agents := m[event.UserAgent.String()]
	return &jsonLog{hops: hops{o.Trusted}, root: root, agents: agents}, nil
}

// Parse implements Parser.
func (p *jsonLog) Parse(record []byte, b *event.Batch) Reason {
	s := scanner{data: record}
	if s.skipSpace(); s.peek() != '{' {
		return NotJSONObject
	}
	p.begin(record, b)
	p.peer, p.client = netip.Addr{}, netip.Addr{}
	if reason := p.object(&s, p.root); reason != Parsed {
		return reason
	}
	if s.skipSpace(); s.at < len(record) {
		return TrailingAtJSON
	}
	return p.finish()
}

// finish sets what depends on several values.
func (p *jsonLog) finish() Reason {
	row := p.Rows()
	method, status := p.Text(event.Method, row), p.Number(event.Status, row)
	if len(method) == 0 && status == event.Unknown && len(p.Text(event.Path, row)) == 0 {
		return NothingInJSON
	}
	if !isMethod(method) {
		p.Flag(event.BadRequest)
	}
	if status == event.Unknown {
		p.Flag(event.StatusUnknown)
	}
	if p.Number(event.ResponseBytes, row) == event.Unknown {
		p.Flag(event.NoBytes)
	}
	if !p.agents {
		p.Flag(event.NoUserAgent)
	}
	p.hops.set(p.Batch, p.peer, p.client, p.Text(event.ForwardedFor, row))
	return Parsed
}

// object reads the members of an object that the mapping has below n.
func (p *jsonLog) object(s *scanner, n *node) Reason {
	s.at++
	next := 0
	for {
		key, more, reason := s.key()
		if !more {
			return reason
		}
		if reason := p.value(s, n.find(key, &next)); reason != Parsed {
			return reason
		}
		s.comma()
	}
}

func (p *jsonLog) array(s *scanner, n *node) Reason {
	s.at++
	for i := 0; ; i++ {
		s.skipSpace()
		switch s.peek() {
		case ']':
			s.at++
			return Parsed
		case 0:
			return BrokenJSON
		}
		if reason := p.value(s, n.index(i)); reason != Parsed {
			return reason
		}
		s.comma()
	}
}

// value reads one value; n is nil where the mapping does not want it.
func (p *jsonLog) value(s *scanner, n *node) Reason {
	c := s.peek()
	switch {
	case n == nil:
		return s.skip()
	case c == '{' && len(n.children) > 0:
		return p.object(s, n)
	case c == '[' && len(n.children) > 0:
		return p.array(s, n)
	case c == '{' || c == '[':
		return s.skip()
	}
	raw, quoted, ok := s.scalar()
	if !ok {
		return BrokenJSON
	}
	if n.goal.role == nothing || !quoted && string(raw) == "null" {
		return Parsed
	}
	if quoted && p.escaped && bytes.IndexByte(raw, '\\') >= 0 {
		p.decoded, p.valid = appendJSONUnescaped(p.decoded[:0], raw), false
		raw = p.decoded
	}
	if len(raw) > 0 && !(len(raw) == 1 && raw[0] == '-') {
		p.set(n.goal, raw)
	}
	return Parsed
}

// set puts a value where its goal says. A number that cannot be read is
// unknown; the rest of the line is still worth having.
func (p *jsonLog) set(g goal, v []byte) {
	switch g.role {
	case textRole:
		p.text(g.text, v)
	case numberRole:
		if n, ok := decimal(v, 0); ok && n >= 0 {
			p.SetNumber(g.number, n)
		}
	case durationRole:
		if n, ok := duration(v, g.unit.scale); ok {
			p.SetNumber(g.number, n)
		}
	case timeRole:
		p.time(g.unit, v)
	case uriRole:
		p.target(v)
	case decisionRole:
		p.decision(v)
	case peerRole:
		p.peer, _ = parseAddr(v)
	case clientRole:
		p.client, _ = parseAddr(v)
	case forwardedRole:
		p.text(event.ForwardedFor, v)
	}
}

// decision splits "deny 0123456789abcdef"; anything else is no mark of ours.
func (p *jsonLog) decision(v []byte) {
	action, id, ok := bytes.Cut(v, []byte{' '})
	if !ok || len(id) != 16 || !isMethod(action) {
		return
	}
	for _, c := range id {
		if hexValue(c) < 0 {
			return
		}
	}
	p.text(event.DecisionAction, action)
	p.text(event.DecisionID, id)
}

func (p *jsonLog) time(u unit, v []byte) {
	ns, zoned, ok := readTime(u, v)
	if !ok {
		return
	}
	p.SetNumber(event.Time, ns)
	if !zoned {
		p.Flag(event.TimeAssumed)
	}
}

func readTime(u unit, v []byte) (ns int64, zoned, ok bool) {
	form := u.form
	if form == guessed {
		form, u.scale = guessTime(v)
	}
	switch form {
	case rfc3339:
		return rfc3339Time(v)
	case clf:
		ns, ok = clfTime(v)
	default:
		ns, ok = decimal(v, u.scale)
	}
	return ns, true, ok
}

// guessTime tells the form of a time by its look, and the unit of a number by
// its digits: today has 10 in seconds and 13 in milliseconds.
func guessTime(v []byte) (timeForm, int) {
	if len(v) > 4 && v[4] == '-' {
		return rfc3339, 0
	}
	if len(v) > 2 && v[2] == '/' {
		return clf, 0
	}
	digits := bytes.IndexAny(v, ".eE")
	if digits < 0 {
		digits = len(v)
	}
	switch {
	case digits <= 11:
		return epoch, 9
	case digits <= 14:
		return epoch, 6
	case digits <= 17:
		return epoch, 3
	}
	return epoch, 0
}
