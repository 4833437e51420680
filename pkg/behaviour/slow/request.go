package slow

import (
	"path"
	"strings"
)

// Request is one request of an actor, as far as a profile goes by it. Text
// that is not known is empty.
type Request struct {
	Time           int64 // Unix nanoseconds
	Method         string
	Path           string
	Query          string
	Status         int64 // 0 = not known
	Protocol       string
	UserAgent      string
	Referer        string
	Fingerprint    string // of the TLS client
	Headers        string // names and order of the headers
	QuerySignature string // names and order of the query keys; "" = by Query
}

const maxShape = 160 // bytes of a path that count

// Shape is a path without what differs from request to request of one program:
// numbers are "#", and long words of digits and letters "*".
func Shape(p string) string {
	segments := strings.Split(p[:min(maxShape, len(p))], "/")
	for i, s := range segments {
		segments[i] = shapeOf(s)
	}
	return strings.Join(segments, "/")
}

const longWord = 16 // bytes, from which on a word with digits is an id

func shapeOf(segment string) string {
	digits := strings.ContainsAny(segment, "0123456789")
	if !digits {
		return segment
	}
	if len(segment) >= longWord && !strings.ContainsAny(segment, ".") {
		return "*"
	}
	var b strings.Builder
	for i := range len(segment) {
		c := segment[i]
		switch {
		case c < '0' || c > '9':
			b.WriteByte(c)
		case i == 0 || segment[i-1] < '0' || segment[i-1] > '9':
			b.WriteByte('#')
		}
	}
	return b.String()
}

const maxExtension = 6 // bytes of what is taken for one

// kindOf is the extension of what is asked for, "page" without one.
func kindOf(p string) string {
	extension := strings.ToLower(path.Ext(p))
	if len(extension) < 2 || len(extension) > maxExtension {
		return "page"
	}
	return extension
}

// keys are the names of a query's keys, in order.
func (r *Request) keys() string {
	if r.QuerySignature != "" || r.Query == "" {
		return r.QuerySignature
	}
	var names []string
	for pair := range strings.SplitSeq(r.Query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

// from is what a referer tells of a program: whether it sends one, and whose.
func (r *Request) from() string {
	_, rest, ok := strings.Cut(r.Referer, "://")
	if !ok {
		return "none"
	}
	host, path, _ := strings.Cut(rest, "/")
	if "/"+path == r.Path {
		return "itself"
	}
	return host
}

// handshake is how the program speaks, whatever it claims to be.
func (r *Request) handshake() string {
	return r.Protocol + " " + r.Fingerprint + " " + r.Headers
}
