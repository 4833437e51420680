package privacy

import "bytes"

// assignment looks at name=value, the sign being at in[i].
func (s *scan) assignment(i, size, depth int) int {
	next := i + size
	kind, begin := s.name(s.unspaced(i))
	if kind == notSecret {
		return next
	}
	from, end := s.valueBounds(next, begin, depth)
	if kind == asCode {
		if end-from < minCode || !s.isOAuth() {
			return next
		}
		kind = asToken
	}
	return s.value(from, end, kind)
}

// valueBounds finds the value that begins at in[i], in quotes or not; its name
// begins at in[begin].
func (s *scan) valueBounds(i, begin, depth int) (from, end int) {
	if opening := s.quoteAt(i); opening > 0 {
		if end, ok := closing(s.in, i, opening); ok {
			return i + opening, end
		}
	}
	return i, valueEnd(s.in, i, depth, s.inPath(begin))
}

// minCode is the length under which a "code" is no secret: a country, a
// currency, a status.
const minCode = 8

// isOAuth tells whether the text has what an OAuth redirect has.
func (s *scan) isOAuth() bool {
	if s.oauth == 0 {
		s.oauth = -1
		for _, sign := range []string{"state=", "state%3D", "redirect_uri", "session_state", "grant_type", "code_verifier"} {
			if bytes.Contains(s.in, []byte(sign)) {
				s.oauth = 1
			}
		}
	}
	return s.oauth > 0
}

// unspaced is the end of what lies before in[end], without spaces.
func (s *scan) unspaced(end int) int {
	low := max(s.done, end-4)
	for end > low && s.in[end-1] == ' ' {
		end--
	}
	return end
}

// inPath tells whether a name that begins at in[begin] stands in a path, where
// a slash ends its value: /key=value/, ;jsessionid=value/.
func (s *scan) inPath(begin int) bool {
	low := max(0, begin-256)
	for i := begin; i > low; {
		c, start := unitBefore(s.in, i, low)
		switch c {
		case '/':
			return true
		case '?', '&', '#', ' ', '"', '\n':
			return false
		case ';':
		default:
			if i == begin {
				return false
			}
		}
		i = start
	}
	return false
}

// valueEnd is the end of a value that begins at v[i] and was encoded depth
// times together with the sign before it.
func valueEnd(v []byte, i, depth int, inPath bool) int {
	for i < len(v) {
		c, size, d := unit(v, i)
		if d <= depth && endsValue(v[i+size:], c, inPath) {
			return i
		}
		i += size
	}
	return len(v)
}

// endsValue tells whether c ends a value, rest being what comes after it.
func endsValue(rest []byte, c byte, inPath bool) bool {
	switch c {
	case '&':
		return true
	case '/', '?':
		return inPath
	case '"':
		return len(rest) == 0 || bytes.IndexByte([]byte(" ,;}])>/\t\r\n"), rest[0]) >= 0
	case ';', ' ', '#', ',':
		return beginsAssignment(rest)
	}
	return c < ' ' || c == 0x7f
}

// beginsAssignment tells whether a name and a sign come next.
func beginsAssignment(v []byte) bool {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	if len(v) == 0 || !isLetter(v[0]) && v[0] != '_' {
		return false
	}
	n := run(v[:min(len(v), maxName)], func(c byte) bool { return isAlnum(c) || c == '_' || c == '-' || c == '.' })
	return n < len(v) && v[n] == '='
}
