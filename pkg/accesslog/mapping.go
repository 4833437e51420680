package accesslog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Pointer tells where a JSON log has a field, and in which unit.
type Pointer struct {
	// Path is a JSON pointer (RFC 6901): "/request/headers/User-Agent/0".
	Path string
	// Unit of a duration: s (the default), ms, us or ns. Of the time: rfc3339,
	// clf, epoch_s, epoch_ms, epoch_us, epoch_ns, or empty to tell by the
	// value. Other fields have none.
	Unit string
}

// Mapping tells where a JSON log has which field. Its keys are the names of
// the schema's columns, and these, which stand for several columns:
//
//	uri       path and query, or a whole URL
//	decision  "deny 0123456789abcdef": what our agent did, and the block's id
type Mapping map[string]Pointer

const (
	uriKey      = "uri"
	decisionKey = "decision"
)

// DefaultMapping reads what our documented log_format writes, and our own
// decoy responder.
func DefaultMapping() Mapping {
	m := Mapping{
		event.PeerAddress.String():    {Path: "/peer"},
		event.ClientAddress.String():  {Path: "/client"},
		event.API.String():            {Path: "/api"},
		event.TLSFingerprint.String(): {Path: "/tls_fingerprint"},
	}
	for _, name := range []string{
		"time", "forwarded_for", "method", "host", uriKey, "path", "query", "protocol", "status",
		"request_bytes", "response_bytes", "duration", "upstream_duration", "user_agent", "referer",
		"request_id", "user", "application", "session", "route", "tls_version", "content_type",
		"tenant", decisionKey,
	} {
		m[name] = Pointer{Path: "/" + name}
	}
	return m
}

// role is how a value is read.
type role uint8

const (
	nothing role = iota
	textRole
	numberRole
	durationRole
	timeRole
	uriRole
	decisionRole
	peerRole
	clientRole
	forwardedRole
)

// goal is what becomes of the value at a pointer.
type goal struct {
	role   role
	text   event.TextField
	number event.NumberField
	unit   unit
}

// unit is how a time or duration is written: ten to the power of scale
// nanoseconds, or a date.
type unit struct {
	scale int
	form  timeForm
}

type timeForm uint8

const (
	guessed timeForm = iota
	epoch
	rfc3339
	clf
)

// goals lists what may be mapped, by name.
func goals() map[string]goal {
	g := map[string]goal{
		uriKey:                       {role: uriRole},
		decisionKey:                  {role: decisionRole},
		event.Time.String():          {role: timeRole},
		event.PeerAddress.String():   {role: peerRole},
		event.ClientAddress.String(): {role: clientRole},
	}
	for _, f := range event.TextFields() {
		g[f.String()] = goal{role: textRole, text: f}
	}
	g[event.ForwardedFor.String()] = goal{role: forwardedRole}
	for _, f := range []event.NumberField{event.Status, event.RequestBytes, event.ResponseBytes} {
		g[f.String()] = goal{role: numberRole, number: f}
	}
	for _, f := range []event.NumberField{event.Duration, event.UpstreamDuration} {
		g[f.String()] = goal{role: durationRole, number: f}
	}
	return g
}

// node is one step of the pointers of a mapping.
type node struct {
	key      string
	goal     goal
	children []*node
}

// compile checks a mapping and makes the tree of its pointers.
func (m Mapping) compile() (*node, error) {
	root, known := &node{}, goals()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		g, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("mapping of %q: no such field; want one of %s",
				name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		var err error
		if g.unit, err = unitOf(g.role, m[name].Unit); err != nil {
			return nil, fmt.Errorf("mapping of %s: %w", name, err)
		}
		if err := root.add(m[name].Path, g); err != nil {
			return nil, fmt.Errorf("mapping of %s: %w", name, err)
		}
	}
	return root, nil
}

func (n *node) add(pointer string, g goal) error {
	if !strings.HasPrefix(pointer, "/") {
		return fmt.Errorf("pointer %q: want it to begin with /, such as /request/method", pointer)
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for step := range strings.SplitSeq(pointer[1:], "/") {
		n = n.child(unescape.Replace(step))
	}
	if n.goal.role != nothing {
		return fmt.Errorf("pointer %q: another field is mapped to it", pointer)
	}
	n.goal = g
	return nil
}

func (n *node) child(key string) *node {
	for _, c := range n.children {
		if c.key == key {
			return c
		}
	}
	c := &node{key: key}
	n.children = append(n.children, c)
	return c
}

// find looks for a key, beginning with the child after the one found last:
// logs write their keys in one order, line after line.
func (n *node) find(key []byte, next *int) *node {
	for range n.children {
		c := n.children[*next]
		if *next++; *next == len(n.children) {
			*next = 0
		}
		if string(key) == c.key {
			return c
		}
	}
	return nil
}

func (n *node) index(i int) *node {
	for _, c := range n.children {
		if c.key == strconv.Itoa(i) {
			return c
		}
	}
	return nil
}

func unitOf(r role, name string) (unit, error) {
	scales := map[string]int{"s": 9, "ms": 6, "us": 3, "ns": 0}
	switch {
	case r == durationRole && name == "":
		return unit{scale: 9}, nil
	case r == durationRole:
		scale, ok := scales[name]
		if !ok {
			return unit{}, fmt.Errorf("unit %q: want s, ms, us or ns", name)
		}
		return unit{scale: scale}, nil
	case r == timeRole:
		return timeUnit(name, scales)
	case name != "":
		return unit{}, fmt.Errorf("unit %q: the field has no unit", name)
	}
	return unit{}, nil
}

func timeUnit(name string, scales map[string]int) (unit, error) {
	switch name {
	case "":
		return unit{}, nil
	case "rfc3339":
		return unit{form: rfc3339}, nil
	case "clf":
		return unit{form: clf}, nil
	}
	scale, ok := scales[strings.TrimPrefix(name, "epoch_")]
	if !ok || !strings.HasPrefix(name, "epoch_") {
		return unit{}, fmt.Errorf("unit %q: want rfc3339, clf, epoch_s, epoch_ms, epoch_us or epoch_ns", name)
	}
	return unit{scale: scale, form: epoch}, nil
}
