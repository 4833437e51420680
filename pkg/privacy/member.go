package privacy

import "bytes"

// member looks at a JSON member or a header, the colon being at in[i].
func (s *scan) member(i, size, depth int) int {
	next := i + size
	end := s.unspaced(i)
	quoted := false
	if end > s.done {
		if c, start := unitBefore(s.in, end, s.done); c == '"' || c == '\'' {
			quoted, end = true, start
		}
	}
	kind, begin := s.name(end)
	if kind < 0 || !s.beginsMember(begin, quoted) {
		return next
	}
	from := s.afterSpaces(next)
	if opening := s.quoteAt(from); opening > 0 {
		end, ok := closing(s.in, from, opening)
		if !ok {
			end = len(s.in) // cut
		}
		return s.value(from+opening, end, kind)
	}
	if quoted {
		return s.literal(from, kind)
	}
	return s.header(from, depth, kind)
}

// beginsMember tells whether what begins at in[begin] can be the name of a
// member or a header: a colon alone says little.
func (s *scan) beginsMember(begin int, quoted bool) bool {
	if begin <= s.done {
		return begin == 0 && !quoted
	}
	c, _ := unitBefore(s.in, begin, s.done)
	if quoted {
		return c == '"' || c == '\''
	}
	return bytes.IndexByte([]byte(" \t\r\n\"'{,;(<"), c) >= 0
}

// afterSpaces is the start of the value that comes after a colon.
func (s *scan) afterSpaces(i int) int {
	for i < len(s.in) {
		c, size, _ := unit(s.in, i)
		if c != ' ' && c != '\t' {
			break
		}
		i += size
	}
	return i
}

// quoteAt is the size of the quote at in[i], or 0.
func (s *scan) quoteAt(i int) int {
	if i >= len(s.in) {
		return 0
	}
	if c, size, _ := unit(s.in, i); c == '"' {
		return size
	}
	return 0
}

// closing finds the quote that closes the one at v[i], which has size bytes:
// it is written the same way.
func closing(v []byte, i, size int) (int, bool) {
	quote := v[i : i+size]
	for i += size; i < len(v); {
		if bytes.HasPrefix(v[i:], quote) {
			return i, true
		}
		if v[i] == '\\' && size == 1 {
			i++
		}
		i++
	}
	return 0, false
}

// literal masks a number. What is true, false, null, an object or a list is no
// secret; what an object holds has names of its own.
func (s *scan) literal(i, kind int) int {
	n := run(s.in[i:], func(c byte) bool { return isDigit(c) || c == '.' || c == '-' })
	if n == 0 {
		return i
	}
	return s.value(i, i+n, kind)
}

// header masks the value of a header; the scheme of an Authorization stays.
func (s *scan) header(i, depth, kind int) int {
	end := valueEnd(s.in, i, depth, false)
	v := s.in[i:end]
	if n := run(v, isLetter); n < len(v) && v[n] == ' ' && isScheme(v[:n]) {
		i += n + 1
	}
	return s.value(i, end, kind)
}

func isScheme(v []byte) bool {
	for _, scheme := range []string{"bearer", "basic", "digest", "token", "negotiate", "apikey"} {
		if equalFold(v, scheme) {
			return true
		}
	}
	return false
}
