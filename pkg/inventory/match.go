package inventory

import "bytes"

// Match is what a document says about a request.
type Match struct {
	Template  string // "/v1/users/{id}"
	API       string
	Tags      string // joined by commas
	Operation string // operationId; empty where the document gives none
	// Listed tells that the document has the request's method on this path.
	// Without it, Tags and Operation are empty.
	Listed bool
}

// Match finds the endpoint of a request. Concrete segments win over those with
// parameters in a text, and those over plain parameters, as OpenAPI wants it;
// documents that name the host win over those that name none. Segments are
// compared decoded, a slash at the end makes no difference unless a document
// has both. A request without a host is looked for in all documents. The
// result belongs to the Specs and is not changed. It does not allocate.
func (s *Specs) Match(method, host, path []byte) (*Match, bool) {
	if s.endpoints == 0 || !isPath(path) {
		return nil, false
	}
	var buffer [decodeBytes]byte
	if len(host) == 0 {
		return s.all.match(method, path, &buffer)
	}
	if m, ok := s.hostMatch(method, host, path, &buffer); ok {
		return m, true
	}
	return s.anywhere.match(method, path, &buffer)
}

func (s *Specs) hostMatch(method, host, path []byte, buffer *[decodeBytes]byte) (*Match, bool) {
	if len(s.hosts) == 0 && len(s.patterns) == 0 {
		return nil, false
	}
	var name [maxHost + 1]byte
	if len(host) > maxHost {
		return nil, false
	}
	host = appendName(name[:0], host)
	if top, ok := s.hosts[string(host)]; ok {
		if m, ok := top.match(method, path, buffer); ok {
			return m, true
		}
	}
	for i := range s.patterns {
		if s.patterns[i].host.matches(host) {
			if m, ok := s.patterns[i].top.match(method, path, buffer); ok {
				return m, true
			}
		}
	}
	return nil, false
}

// appendName appends a host in lower case without its port.
func appendName(dst, host []byte) []byte {
	if i := bytes.LastIndexByte(host, ':'); i > 0 && number(host[i+1:]) >= 0 {
		host = host[:i]
	}
	for _, c := range host {
		dst = append(dst, lower(c))
	}
	return dst
}

// decodeBytes bounds segments that are compared decoded; longer ones are values
// of parameters.
const decodeBytes = 256

// match finds a path below the top.
func (s *step) match(method, path []byte, buffer *[decodeBytes]byte) (*Match, bool) {
	e := s.find(path, buffer)
	if e == nil {
		return nil, false
	}
	for i := range e.methods {
		if e.methods[i].method == string(method) {
			return &e.methods[i].match, true
		}
	}
	return &e.other, true
}

// find tries the most concrete way first. A path can go down each branch once,
// so the document bounds the work.
func (s *step) find(path []byte, buffer *[decodeBytes]byte) *endpoint {
	seg, rest := cutSegment(path)
	if len(seg) == 0 {
		return s.end(len(path) > 0)
	}
	decoded := decode(seg, buffer)
	if next, ok := s.words[string(decoded)]; ok {
		if e := next.find(rest, buffer); e != nil {
			return e
		}
		decoded = decode(seg, buffer)
	}
	for i := range s.mixed {
		if s.mixed[i].text.matches(decoded) {
			if e := s.mixed[i].next.find(rest, buffer); e != nil {
				return e
			}
			decoded = decode(seg, buffer)
		}
	}
	if s.parameter != nil {
		return s.parameter.find(rest, buffer)
	}
	return nil
}

func (s *step) end(slash bool) *endpoint {
	if slash && s.withSlash != nil || s.here == nil {
		return s.withSlash
	}
	return s.here
}

// decode gives a segment percent-decoded, in the buffer where that changes it.
// What is no valid encoding stays as it is.
func decode(seg []byte, buffer *[decodeBytes]byte) []byte {
	if bytes.IndexByte(seg, '%') < 0 || len(seg) > decodeBytes {
		return seg
	}
	n := 0
	for i := 0; i < len(seg); i++ {
		buffer[n] = seg[i]
		if seg[i] == '%' && i+2 < len(seg) && isHex(seg[i+1]) && isHex(seg[i+2]) {
			buffer[n] = unhex(seg[i+1])<<4 | unhex(seg[i+2])
			i += 2
		}
		n++
	}
	return buffer[:n]
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
