package accesslog

import (
	"bytes"
	"maps"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// jsonLog reads one JSON object a line through a mapping.
type jsonLog struct {
	sink
	tree    *tree
	dialect jsonDialect
	tells   uint32   // marks that hold for every record
	seen    uint32   // marks of the record
	choices []choice // by slot
	kept    [][]byte // by jsonDialect.keep: text of strings and numbers, JSON of the rest
	joined  []byte   // lists of forwarded addresses, one behind the other: choices refer to them
}

// choice is the best value so far of those that compete for a goal.
type choice struct {
	node   *node
	raw    []byte
	quoted bool
}

// jsonDialect is what a gateway's JSON format adds to its mapping.
type jsonDialect struct {
	fields []place
	header func(name string) (pointer string) // where it has a request header; nil = nowhere
	// headers is where all request headers are: if it is there, a record
	// without a user agent tells that the client sent none.
	headers string
	// marks tell the format from others: a record must have a value at one
	// pointer of each group.
	marks  [][]string
	keep   []string                                                       // pointers of values for after
	before func(p *jsonLog, record []byte) (object []byte, reason Reason) // takes off what stands before the object; may be nil
	after  func(p *jsonLog) Reason                                        // before finish; may be nil
}

// newJSONDialect makes a parser of a gateway's format; the operator's mapping,
// if there is one, is laid over the gateway's.
func newJSONDialect(o Options, d jsonDialect) (*jsonLog, error) {
	m := Mapping{}
	maps.Copy(m, o.Mapping)
	if err := m.nameClient(o.ClientHeader, d.header); err != nil {
		return nil, err
	}
	t, err := compile(m.over(d.fields), d)
	if err != nil {
		return nil, err
	}
	return &jsonLog{
		sink: newSink(o, true), tree: t, dialect: d,
		choices: make([]choice, t.slots), kept: make([][]byte, len(d.keep)),
	}, nil
}

// newJSON makes the parser of the operator's own mapping. What the mapping has
// every record is taken to tell.
func newJSON(o Options) (Parser, error) {
	var d jsonDialect
	if o.Mapping.hasPath() {
		d.after = wantsPath
	}
	if o.Mapping == nil {
		o.Mapping = DefaultMapping()
	}
	p, err := newJSONDialect(o, d)
	if err != nil {
		return nil, err
	}
	if _, agents := o.Mapping[event.UserAgent.String()]; agents {
		p.tells = agentMark
	}
	return p, nil
}

// wantsPath refuses a request without a path where a mapping says that there is
// one: a pointer that is wrong must not blind detection in silence. A CONNECT
// has none, and a template is better than nothing.
func wantsPath(p *jsonLog) Reason {
	row := p.Rows()
	method := p.Text(event.Method, row)
	if !isMethod(method) || string(method) == "CONNECT" || len(p.Text(event.Path, row)) > 0 || len(p.Text(event.Route, row)) > 0 {
		return Parsed
	}
	return NoPathInJSON
}

// Parse implements Parser.
func (p *jsonLog) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	if p.dialect.before != nil {
		object, reason := p.dialect.before(p, record)
		if reason != Parsed {
			return reason
		}
		record = object
	}
	s := scanner{data: record}
	if s.skipSpace(); s.peek() != '{' {
		return NotJSONObject
	}
	p.seen = p.tells
	clear(p.choices)
	clear(p.kept)
	p.joined = p.joined[:0]
	if reason := p.object(&s, p.tree.root); reason != Parsed {
		return reason
	}
	if s.skipSpace(); s.at < len(record) {
		return TrailingAtJSON
	}
	return p.end()
}

// end puts the values that competed and makes the row whole.
func (p *jsonLog) end() Reason {
	for i := range p.choices {
		if c := &p.choices[i]; c.node != nil {
			p.put(c.node.goal, p.plain(c.raw, c.quoted))
		}
	}
	if p.dialect.after != nil {
		if reason := p.dialect.after(p); reason != Parsed {
			return reason
		}
	}
	if p.seen&p.tree.marks != p.tree.marks {
		return OtherJSON
	}
	p.agents, p.methodless = p.seen&agentMark != 0, p.seen&methodMark == 0
	row := p.Rows()
	if len(p.Text(event.Route, row)) > 0 && len(p.Text(event.RouteOrigin, row)) == 0 {
		p.SetString(event.RouteOrigin, gatewayOrigin)
	}
	if reason := p.finish(); reason != Parsed {
		return NothingInJSON
	}
	return Parsed
}

// gatewayOrigin is the RouteOrigin of a template that the log has.
const gatewayOrigin = "gateway"

// object reads the members of an object that the mapping has below n. It is
// lenient with what nginx writes where a variable without quotes is empty
// ("x":,) or a list ("x":0.1, 0.2).
func (p *jsonLog) object(s *scanner, n *node) Reason {
	s.at++
	var member *node
	start := 0
	for {
		s.skipSpace()
		switch c := s.peek(); {
		case c == '"':
			key, ok := s.key()
			if !ok {
				return BrokenJSON
			}
			member, start = n.find(key), s.at
			if c := s.peek(); c == ',' || c == '}' {
				break
			}
			if reason := p.value(s, member); reason != Parsed {
				return reason
			}
		case c == '}':
			s.at++
			return Parsed
		case start > 0 && isNumeric(s.data[start]) && s.strays():
			if member != nil {
				p.found(member, s.data[start:s.at], false)
			}
		default:
			return BrokenJSON
		}
		s.comma()
	}
}

// value reads one value; n is nil where the mapping does not want it.
func (p *jsonLog) value(s *scanner, n *node) Reason {
	if n == nil {
		return s.skip()
	}
	p.seen |= n.mark
	if c := s.peek(); c == '{' || c == '[' {
		return p.nested(s, n, c)
	}
	raw, quoted, ok := s.scalar()
	if !ok {
		return BrokenJSON
	}
	p.found(n, raw, quoted)
	return Parsed
}

// nested reads an object or array.
func (p *jsonLog) nested(s *scanner, n *node, c byte) Reason {
	switch {
	case n.keep > 0:
		start := s.at
		reason := s.skip()
		p.kept[n.keep-1] = s.data[start:s.at]
		return reason
	case c == '{' && len(n.children) > 0:
		return p.object(s, n)
	case c == '[' && (len(n.children) > 0 || n.goal.role != nothing):
		return p.array(s, n)
	}
	return s.skip()
}

// array reads the elements that the mapping wants. Where it points to the
// array itself, that is the first, and of a list of forwarded addresses all.
func (p *jsonLog) array(s *scanner, n *node) Reason {
	s.at++
	joins, begin := n.goal.role == forwardedRole, len(p.joined)
	for i := 0; ; i++ {
		s.skipSpace()
		switch s.peek() {
		case ']':
			s.at++
			if joins {
				p.found(n, bytes.TrimPrefix(p.joined[begin:], []byte(", ")), true)
			}
			return Parsed
		case 0:
			return BrokenJSON
		}
		if reason := p.item(s, n, i, joins); reason != Parsed {
			return reason
		}
		s.comma()
	}
}

// item reads the element i of an array.
func (p *jsonLog) item(s *scanner, n *node, i int, joins bool) Reason {
	c := s.peek()
	switch {
	case n.goal.role == nothing:
		return p.value(s, n.element(i))
	case c == '{' || c == '[' || i > 0 && !joins:
		return s.skip()
	}
	raw, quoted, ok := s.scalar()
	if !ok {
		return BrokenJSON
	}
	if !joins {
		p.found(n, raw, quoted)
		return Parsed
	}
	p.joined = append(append(p.joined, ", "...), raw...)
	return Parsed
}

// found takes a value that the mapping wants.
func (p *jsonLog) found(n *node, raw []byte, quoted bool) {
	if !quoted && string(raw) == "null" {
		return
	}
	if n.keep > 0 {
		p.kept[n.keep-1] = raw
	}
	switch {
	case n.goal.role == nothing:
	case n.slot == 0:
		p.put(n.goal, p.plain(raw, quoted))
	case len(raw) > 0 && string(raw) != "-":
		if c := &p.choices[n.slot-1]; c.node == nil || n.rank <= c.node.rank {
			*c = choice{n, raw, quoted}
		}
	}
}

// plain undoes the escapes of a string. The result is valid until the next
// call.
func (p *jsonLog) plain(raw []byte, quoted bool) []byte {
	if !quoted || !p.escaped || bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	p.decoded, p.valid = appendJSONUnescaped(p.decoded[:0], raw), false
	return p.decoded
}
