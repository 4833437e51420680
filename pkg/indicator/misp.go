package indicator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mispAttribute is what is read of a MISP attribute.
type mispAttribute struct {
	UUID      string    `json:"uuid"`
	Type      string    `json:"type"`
	Value     string    `json:"value"`
	ToIDs     mispFlag  `json:"to_ids"`
	Deleted   mispFlag  `json:"deleted"`
	Timestamp mispTime  `json:"timestamp"`
	FirstSeen mispTime  `json:"first_seen"`
	LastSeen  mispTime  `json:"last_seen"`
	Tags      []mispTag `json:"Tag"`
	Event     struct {
		Info string `json:"info"`
	} `json:"Event"`
}

type mispTag struct {
	Name string `json:"name"`
}

// mispFlag is written true, 1, "1" or "true".
type mispFlag bool

// UnmarshalJSON reads a flag.
func (f *mispFlag) UnmarshalJSON(text []byte) error {
	switch strings.Trim(string(text), `"`) {
	case "true", "1":
		*f = true
	case "false", "0", "", "null":
		*f = false
	default:
		return fmt.Errorf("%s is neither true nor false", cut(string(text)))
	}
	return nil
}

// mispTime is written as Unix seconds, in quotes or not, or as a time.
type mispTime struct{ time.Time }

// UnmarshalJSON reads a time.
func (t *mispTime) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if s == "" || s == "null" || s == "0" {
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		t.Time = time.Unix(n, 0).UTC()
		return nil
	}
	return readTime(s, &t.Time)
}

// misp reads an event, a list of events, or what a search for events or
// attributes answers.
func (r *reader) misp() error {
	m := mispReader{reader: r, cursor: newCursor(r.data)}
	at := strings.TrimLeft(string(r.data[:min(len(r.data), 64)]), " \t\r\n")
	read := m.root
	if strings.HasPrefix(at, "[") {
		read = m.list
	}
	if err := read(); err != nil {
		return err
	}
	if !m.known {
		return errors.New(`there is no "Event" and no "Attribute" in it: want a MISP event or an export of some`)
	}
	return m.cursor.ended()
}

type mispReader struct {
	*reader
	cursor *cursor
	known  bool // something of MISP was in it
}

func (m *mispReader) list() error { return m.cursor.array(m.root) }

// root reads an object with an event, attributes or a response.
func (m *mispReader) root() error {
	return m.cursor.object(func(key string) error {
		switch key {
		case "Event":
			return m.event()
		case "Attribute":
			var loose mispEvent
			if err := m.attributes(&loose); err != nil {
				return err
			}
			m.takeAll(&loose)
			return nil
		case "response":
			m.known = true
			return m.response()
		}
		return m.cursor.skip()
	})
}

// response reads a list of objects with events, or one object with attributes.
func (m *mispReader) response() error {
	at := m.cursor.place()
	if line := m.cursor.mark; line < len(m.data) && m.data[line] == '[' {
		return m.list()
	}
	if err := m.root(); err != nil {
		return fmt.Errorf("response at line %d: %w", at.line, err)
	}
	return nil
}

// mispEvent is an event while it is read: what stands behind the attributes
// may be about them.
type mispEvent struct {
	info, uuid, by string
	tags           []mispTag
	attributes     []mispAttribute
	places         []place
}

func (m *mispReader) event() error {
	m.known = true
	var e mispEvent
	err := m.cursor.object(func(key string) error {
		switch key {
		case "Attribute":
			return m.attributes(&e)
		case "Object":
			return m.cursor.array(func() error { return m.mispObject(&e) })
		case "info":
			return m.text(&e.info)
		case "uuid":
			return m.text(&e.uuid)
		case "Tag":
			return m.tags(&e)
		case "Orgc":
			return m.organisation(&e)
		}
		return m.cursor.skip()
	})
	m.takeAll(&e)
	return err
}

func (m *mispReader) mispObject(e *mispEvent) error {
	return m.cursor.object(func(key string) error {
		if key == "Attribute" {
			return m.attributes(e)
		}
		return m.cursor.skip()
	})
}

// text reads a string; another value is passed over.
func (m *mispReader) text(into *string) error {
	_, broken := m.cursor.read(into)
	return broken
}

func (m *mispReader) tags(e *mispEvent) error {
	var raw json.RawMessage
	_, broken := m.cursor.read(&raw)
	if broken == nil && json.Unmarshal(raw, &e.tags) != nil {
		e.tags = nil // what is no list of tags says nothing
	}
	return broken
}

func (m *mispReader) organisation(e *mispEvent) error {
	return m.cursor.object(func(key string) error {
		if key == "name" {
			return m.text(&e.by)
		}
		return m.cursor.skip()
	})
}

func (m *mispReader) attributes(e *mispEvent) error {
	m.known = true
	return m.cursor.array(func() error {
		at := m.cursor.place()
		var a mispAttribute
		wrong, broken := m.cursor.read(&a)
		switch {
		case wrong != nil:
			m.refuse(at, wrong)
		case broken == nil:
			e.attributes = append(e.attributes, a)
			e.places = append(e.places, at)
		}
		return broken
	})
}

// takeAll takes the attributes of an event.
func (m *mispReader) takeAll(e *mispEvent) {
	for i := range e.attributes {
		a := &e.attributes[i]
		values := a.values()
		switch {
		case bool(a.Deleted):
			m.report.LeftOut[leftRevoked]++
		case len(values) == 0:
			m.report.LeftOut[leftElsewhere]++
		case !bool(a.ToIDs):
			m.report.LeftOut[leftContext]++
		default:
			for _, v := range values {
				m.take(e.places[i], e.entry(a, v))
			}
		}
	}
}

func (e *mispEvent) entry(a *mispAttribute, v observable) entry {
	out := entry{
		Indicator: Indicator{Kind: v.kind, Value: v.value, Subdomains: a.Type == "domain", From: a.FirstSeen.Time, Source: e.by},
		seen:      a.Timestamp.Time,
	}
	if a.LastSeen.After(out.seen) {
		out.seen = a.LastSeen.Time
	}
	info := e.info
	if info == "" {
		info = a.Event.Info
	}
	out.Reference = strings.TrimSpace(info + " " + e.uuid)
	for _, tag := range slices.Concat(e.tags, a.Tags) { // the attribute's own have the last word
		if out.readConfidenceTag(tag.Name) {
			continue
		}
		if !slices.Contains(out.Labels, tag.Name) {
			out.Labels = append(out.Labels, tag.Name)
		}
	}
	return out
}

// readConfidenceTag reads a tag of MISP's own taxonomy of confidence.
func (e *entry) readConfidenceTag(tag string) bool {
	level, ok := strings.CutPrefix(tag, `misp:confidence-level="`)
	if !ok {
		return false
	}
	levels := map[string]int{
		"completely-confident": 100, "usually-confident": 75, "fairly-confident": 50,
		"rarely-confident": 25, "unconfident": 0,
	}
	if n, known := levels[strings.TrimSuffix(level, `"`)]; known {
		e.Confidence, e.confident = n, true
	}
	return true
}

// values are what an attribute is about, if requests can have it.
func (a *mispAttribute) values() []observable {
	first, second, composite := strings.Cut(a.Value, "|")
	switch a.Type {
	case "ip-src", "ip-dst", "ip":
		return []observable{{Address, a.Value}}
	case "ip-src|port", "ip-dst|port":
		return []observable{{Address, first}}
	case "domain", "hostname":
		return []observable{{Domain, a.Value}}
	case "hostname|port":
		return []observable{{Domain, first}}
	case "domain|ip":
		if !composite {
			return []observable{{Domain, first}}
		}
		return []observable{{Domain, first}, {Address, second}}
	case "url", "uri":
		return []observable{{URL, a.Value}}
	case "user-agent":
		return []observable{{UserAgent, a.Value}}
	case "ja3-fingerprint-md5", "ja4-fingerprint":
		return []observable{{Fingerprint, a.Value}}
	}
	return nil
}
