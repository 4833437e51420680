package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// pattern reads what a gateway writes by a format string: fields with literal
// text between them. A gateway's compiler makes one with a patternBuilder.
type pattern struct {
	sink
	head   []byte // literal before the first field
	slots  []slot
	spans  [][]byte // where the fields of the record are
	tries  int      // left for the record
	escape escaping
}

// slot is a field and the literal after it.
type slot struct {
	name  string // for messages
	goal  goal
	after []byte // empty for the last field only, or before a path that begins with "/"
	stays bool   // after belongs to the next field
}

// escaping is how a log writes what would break its own syntax.
type escaping uint8

const (
	escapedHex  escaping = iota // \xHH, \", \\, \n …
	escapedJSON                 // as in JSON strings
	escapedNot
)

// maxTries bounds how often a record is cut in another place, because a field
// holds what looks like the literal after it.
const maxTries = 64

// Parse implements Parser.
func (p *pattern) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	rest, ok := bytes.CutPrefix(record, p.head)
	p.tries = maxTries
	if !ok || !p.cut(0, bytes.TrimRight(rest, " ")) {
		return NoMatch
	}
	for i := range p.slots {
		if g := &p.slots[i].goal; g.role != nothing {
			p.put(*g, p.plain(p.spans[i]))
		}
	}
	return p.finish()
}

// plain undoes the log's escaping. The result is valid until the next call.
func (p *pattern) plain(v []byte) []byte {
	switch {
	case p.escape == escapedHex:
		return p.unescape(v)
	case p.escape == escapedJSON && p.escaped && bytes.IndexByte(v, '\\') >= 0:
		p.valid = false
		p.decoded = appendJSONUnescaped(p.decoded[:0], v)
		return p.decoded
	}
	return v
}

// cut finds the fields from one on in v. Where a field's text may hold the
// literal after it, as a user's name may, the next place is tried if what
// follows does not fit: what a client sends must not hide its line.
func (p *pattern) cut(i int, v []byte) bool {
	if i == len(p.slots) {
		return len(v) == 0
	}
	s := &p.slots[i]
	if len(s.after) == 0 {
		p.spans[i] = v
		return s.fits(v)
	}
	for from := 0; p.tries > 0; p.tries-- {
		at := bytes.Index(v[from:], s.after)
		if at < 0 {
			return false
		}
		end := from + at
		from = end + 1
		if s.after[0] == '"' && p.escape != escapedNot && backslashes(v[:end])%2 == 1 || !s.fits(v[:end]) {
			continue
		}
		next := end + len(s.after)
		if s.stays {
			next = end
		}
		if p.cut(i+1, v[next:]) {
			p.spans[i] = v[:end]
			return true
		}
	}
	return false
}

// fits tells whether a text can be the field's value.
func (s *slot) fits(v []byte) bool {
	if len(v) == 0 || string(v) == "-" {
		return true
	}
	switch s.goal.role {
	case timeRole:
		_, _, ok := readTime(s.goal.unit, v)
		return ok
	case numberRole, wireRole:
		_, ok := decimal(v, 0)
		return ok
	case durationRole, sumRole:
		return s.goal.unit.form == spelled || isTimes(v)
	case peerRole, clientRole:
		return bytes.IndexByte(v, ' ') < 0
	}
	return true
}

// isTimes tells whether v is one time or a list of them, as several upstreams
// give.
func isTimes(v []byte) bool {
	for _, c := range v {
		if (c < '0' || c > '9') && c != '.' && c != '-' && !isListSeparator(c) {
			return false
		}
	}
	return true
}

// patternBuilder takes the parts of a format string in their order.
type patternBuilder struct {
	head  []byte
	slots []slot
	errs  []error
}

// literal adds text that stands in every line.
func (p *patternBuilder) literal(text string) {
	if len(p.slots) == 0 {
		p.head = append(p.head, text...)
		return
	}
	last := &p.slots[len(p.slots)-1]
	last.after = append(last.after, text...)
}

// field adds a value. name is what the format string calls it.
func (p *patternBuilder) field(name string, g goal) {
	if n := len(p.slots); n > 0 && len(p.slots[n-1].after) == 0 {
		if !p.adjacent(&p.slots[n-1], g) {
			p.errs = append(p.errs, fmt.Errorf("nothing stands between %s and %s: nobody can tell where one ends", p.slots[n-1].name, name))
		} else if g.role == queryRole {
			return
		}
	}
	p.slots = append(p.slots, slot{name: name, goal: g})
}

// adjacent makes sense of two fields without anything between them: a path
// ends the host before it, and a query belongs to the path before it.
func (p *patternBuilder) adjacent(before *slot, g goal) bool {
	path := before.goal.role == textRole && before.goal.text == event.Path
	switch {
	case g.role == uriRole || g.role == textRole && g.text == event.Path:
		before.after, before.stays = []byte("/"), true
		return true
	case g.role == queryRole && path:
		before.goal = goal{role: uriRole}
		return true
	}
	return false
}

// fail notes a part of the format string that cannot be read.
func (p *patternBuilder) fail(err error) { p.errs = append(p.errs, err) }

// build makes the parser. A pattern without a time, an address or a request
// is refused: nothing could be found in its lines.
func (p *patternBuilder) build(o Options, escape escaping) (Parser, error) {
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	has := func(want func(goal) bool) bool {
		return slices.ContainsFunc(p.slots, func(s slot) bool { return want(s.goal) })
	}
	requests := func(g goal) bool {
		return g.role == requestRole || g.role == uriRole || g.role == textRole && (g.text == event.Path || g.text == event.Method)
	}
	if !has(requests) {
		return nil, errors.New("the pattern has no request: add the request line, or its method and path")
	}
	if o.ClientHeader != "" && !has(func(g goal) bool { return g.role == clientHeaderRole }) {
		return nil, fmt.Errorf("the pattern does not have the client header %s: add it, or leave client_header out", o.ClientHeader)
	}
	agents := has(func(g goal) bool { return g.role == textRole && g.text == event.UserAgent })
	return &pattern{
		sink: newSink(o, agents), head: p.head, slots: p.slots,
		spans: make([][]byte, len(p.slots)), escape: escape,
	}, nil
}
