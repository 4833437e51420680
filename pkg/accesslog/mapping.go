package accesslog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Pointer tells where a JSON log has a field, and in which unit.
type Pointer struct {
	// Path is a JSON pointer (RFC 6901): "/request/headers/User-Agent". Of an
	// array it is the first value, and of several X-Forwarded-For all of them.
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

// place is one pointer of a mapping. Several places may have one name: the
// first of them that a record has a value at is taken.
type place struct{ name, path, unit string }

// places lists a mapping in the order of its names.
func (m Mapping) places() []place {
	var all []place
	for _, name := range slices.Sorted(maps.Keys(m)) {
		all = append(all, place{name, m[name].Path, m[name].Unit})
	}
	return all
}

// over lays the mapping over a gateway's own: it replaces the places with the
// names that it has, and takes over the values that it points to.
func (m Mapping) over(own []place) []place {
	all := m.places()
	for _, p := range own {
		_, named := m[p.name]
		if !named && !slices.ContainsFunc(all[:len(m)], func(o place) bool { return o.path == p.path }) {
			all = append(all, p)
		}
	}
	return all
}

// hasPath tells whether a mapping says where the path is.
func (m Mapping) hasPath() bool {
	for _, name := range []string{uriKey, requestKey, event.Path.String()} {
		if _, ok := m[name]; ok {
			return true
		}
	}
	return false
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

// steps splits a JSON pointer.
func steps(pointer string) ([]string, error) {
	if !strings.HasPrefix(pointer, "/") {
		return nil, fmt.Errorf("pointer %q: want it to begin with /, such as /request/method", pointer)
	}
	all := strings.Split(pointer[1:], "/")
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for i := range all {
		all[i] = unescape.Replace(all[i])
	}
	return all, nil
}
