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
	// Unit of a duration: s (the default), ms, us, ns, or text for "4.5ms". Of
	// the time: rfc3339, clf, epoch_s, epoch_ms, epoch_us, epoch_ns, a layout of
	// strftime, or empty to tell by the value. Other fields have none.
	Unit string
}

// Mapping tells where a JSON log has which field. Its keys are the names of
// the schema's columns, and the names in goal.go, which stand for several
// columns or for a step on the way to one.
type Mapping map[string]Pointer

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

// nameClient maps the header that names the client, see Options.ClientHeader.
func (m Mapping) nameClient(header string, at func(string) string) error {
	if _, mapped := m[clientHeaderKey]; mapped || header == "" {
		return nil
	}
	if at == nil {
		return fmt.Errorf("client header %s: map %s to where the log has it", header, clientHeaderKey)
	}
	m[clientHeaderKey] = Pointer{Path: at(header)}
	return nil
}

// node is one step of the pointers of a mapping.
type node struct {
	key      string
	goal     goal
	children []*node
}

// compile checks a mapping and makes the tree of its pointers.
func (m Mapping) compile() (*node, error) {
	root := &node{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		g, err := goalNamed(name, m[name].Unit)
		if err != nil {
			return nil, fmt.Errorf("mapping of %q: %w", name, err)
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
