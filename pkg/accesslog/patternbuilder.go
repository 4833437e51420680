package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

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
	case g.role == queryRole && (path || before.goal.role == uriRole):
		before.goal = goal{role: uriRole}
		return true
	}
	return false
}

// timePart adds a part of a time in a layout of strftime. Parts with only text
// between them are one time.
func (p *patternBuilder) timePart(name, part string) {
	if n := len(p.slots); n > 0 {
		last := &p.slots[n-1]
		if last.goal.role == timeRole && last.goal.unit.form == layout {
			between := strings.ReplaceAll(string(last.after), "%", "%%")
			last.goal.unit.layout += between + part
			last.after = nil
			return
		}
	}
	p.field(name, goal{role: timeRole, unit: unit{form: layout, layout: part}})
}

// fail notes a part of the format string that cannot be read.
func (p *patternBuilder) fail(err error) { p.errs = append(p.errs, err) }

// build makes the parser. A pattern without a request is refused: nothing
// could be found in its lines.
func (p *patternBuilder) build(o Options, escape escaping) (*pattern, error) {
	p.check(o)
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	p.settle()
	agents := p.has(func(g goal) bool { return g.role == textRole && g.text == event.UserAgent })
	parser := &pattern{
		sink: newSink(o, agents), head: p.head, slots: p.slots, escape: escape,
		spans: make([]span, len(p.slots)), dead: make([]span, len(p.slots)),
	}
	parser.revive()
	parser.watch()
	return parser, nil
}

func (p *patternBuilder) has(want func(goal) bool) bool {
	return slices.ContainsFunc(p.slots, func(s slot) bool { return want(s.goal) })
}

// check notes what the pattern lacks as a whole.
func (p *patternBuilder) check(o Options) {
	requests := func(g goal) bool {
		return g.role == requestRole || g.role == uriRole || g.role == textRole && (g.text == event.Path || g.text == event.Method)
	}
	if !p.has(requests) {
		p.fail(errors.New("the pattern has no request: add the request line, or its method and path"))
	}
	if o.ClientHeader != "" && !p.has(func(g goal) bool { return g.role == clientHeaderRole }) {
		p.fail(fmt.Errorf("the pattern does not have the client header %s: add it, or leave client_header out", o.ClientHeader))
	}
	for _, s := range p.slots {
		if s.goal.role == timeRole && s.goal.unit.form == layout {
			if err := checkLayout(s.goal.unit.layout); err != nil {
				p.fail(fmt.Errorf("%s: %w", s.name, err))
			}
		}
	}
}

// settle gives the slots their shapes, and leaves one of those that have the
// same value: the first time, the size with headers, the finest duration.
func (p *patternBuilder) settle() {
	for i := range p.slots {
		p.slots[i].shape = p.slots[i].goal.shape()
		p.slots[i].colon = p.slots[i].shape == addressShape && bytes.HasPrefix(p.slots[i].after, []byte{':'})
		for j := range i {
			if a, b := &p.slots[j], &p.slots[i]; a.goal.rivals(b.goal) {
				a.spare = a.spare || b.goal.beats(a.goal)
				b.spare = b.spare || !a.spare
			}
		}
	}
	if n := len(p.slots); n > 0 {
		last := &p.slots[n-1]
		last.after = bytes.TrimRight(last.after, "\r\n")
	}
}

// rivals tells whether two goals set the same column.
func (g goal) rivals(other goal) bool {
	if g.role == timeRole || other.role == timeRole {
		return g.role == other.role
	}
	return g.isMeasure() && other.isMeasure() && g.number == other.number
}

func (g goal) isMeasure() bool {
	return g.role == numberRole || g.role == wireRole || g.role == durationRole
}

// beats tells whether a goal is to be preferred to a rival that stands before
// it in the pattern.
func (g goal) beats(before goal) bool {
	switch g.role {
	case timeRole:
		return false
	case durationRole:
		return g.unit.scale < before.unit.scale
	}
	return g.role == wireRole || before.role == numberRole
}

// textShape is the shape of a text column's values.
func textShape(g goal) shape {
	switch g.text {
	case event.Method:
		return methodShape
	case event.Protocol, event.RequestID, event.TLSVersion, event.TLSFingerprint, event.Country:
		return wordShape
	}
	return anyText
}

// watch finds the slots of addresses that are not safe where they are.
func (p *pattern) watch() {
	p.guarded = true
	loose := false // a slot before could hold anything
	p.quotes = bytes.Count(p.head, []byte{'"'})
	before := p.head
	for i := range p.slots {
		s := &p.slots[i]
		p.quotes += bytes.Count(s.after, []byte{'"'})
		loose = loose || s.shape == anyText || s.shape == requestShape
		if s.goal.isAddress() && loose {
			p.watched = append(p.watched, i)
			p.guarded = p.guarded && bytes.HasSuffix(before, []byte{'"'}) && bytes.HasPrefix(s.after, []byte{'"'})
		}
		before = s.after
	}
}
