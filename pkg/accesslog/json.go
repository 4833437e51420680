package accesslog

import (
	"bytes"
	"maps"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// jsonLog reads one JSON object a line through a mapping.
type jsonLog struct {
	sink
	root   *node
	before func(record []byte) (object []byte, reason Reason) // takes off what stands before the object; may be nil
	after  func(*jsonLog) Reason                              // of a gateway's own format, before finish; may be nil
}

// jsonDialect is what a gateway's JSON format adds to its mapping.
type jsonDialect struct {
	mapping Mapping
	header  func(name string) (pointer string) // where it has a request header; nil = nowhere
	before  func(record []byte) (object []byte, reason Reason)
	after   func(*jsonLog) Reason
}

// newJSONDialect makes a parser of a gateway's format; the operator's mapping,
// if there is one, is laid over the gateway's.
func newJSONDialect(o Options, d jsonDialect) (Parser, error) {
	m := maps.Clone(d.mapping)
	maps.Copy(m, o.Mapping)
	if err := m.nameClient(o.ClientHeader, d.header); err != nil {
		return nil, err
	}
	root, err := m.compile()
	if err != nil {
		return nil, err
	}
	_, agents := m[event.UserAgent.String()]
	return &jsonLog{sink: newSink(o, agents), root: root, before: d.before, after: d.after}, nil
}

func newJSON(o Options) (Parser, error) {
	d := jsonDialect{mapping: o.Mapping}
	if d.mapping == nil {
		d.mapping = DefaultMapping()
	}
	o.Mapping = nil
	return newJSONDialect(o, d)
}

// Parse implements Parser.
func (p *jsonLog) Parse(record []byte, b *event.Batch) Reason {
	if p.before != nil {
		object, reason := p.before(record)
		if reason != Parsed {
			return reason
		}
		record = object
	}
	s := scanner{data: record}
	if s.skipSpace(); s.peek() != '{' {
		return NotJSONObject
	}
	p.begin(record, b)
	if reason := p.object(&s, p.root); reason != Parsed {
		return reason
	}
	if s.skipSpace(); s.at < len(record) {
		return TrailingAtJSON
	}
	if p.after != nil {
		if reason := p.after(p); reason != Parsed {
			return reason
		}
	}
	if reason := p.finish(); reason != Parsed {
		return NothingInJSON
	}
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
	p.put(n.goal, raw)
	return Parsed
}
