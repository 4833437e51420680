package accesslog

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner walks over the text of a JSON value without building anything. It
// is lenient where a log may be: nginx writes \xHH into JSON when its
// escaping is not set to json.
type scanner struct {
	data []byte
	at   int
}

// maxNesting bounds how deep a value may nest that nobody asked for.
const maxNesting = 512

func (s *scanner) skipSpace() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek gives the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

// comma skips what may stand between two values.
func (s *scanner) comma() {
	s.skipSpace()
	if s.peek() == ',' {
		s.at++
	}
}

// key reads a key and stops before its value.
func (s *scanner) key() (key []byte, ok bool) {
	key, ok = s.text()
	s.skipSpace()
	if !ok || s.peek() != ':' {
		return nil, false
	}
	s.at++
	s.skipSpace()
	return key, true
}

// strays passes over the rest of a list without brackets, up to its last
// number.
func (s *scanner) strays() (any bool) {
	end := s.at
	for s.stray() {
		any, end = true, s.at
		s.comma()
		s.skipSpace()
	}
	s.at = end
	return any
}

// stray passes over one more number of a list without brackets.
func (s *scanner) stray() bool {
	c := s.peek()
	if c == ':' {
		s.at++
		return true
	}
	if !isNumeric(c) {
		return false
	}
	_, _, ok := s.scalar()
	return ok
}

func isNumeric(c byte) bool { return c == '-' || c >= '0' && c <= '9' }

// scalar reads a string, a number or a literal. A string comes without its
// quotes and with its escapes.
func (s *scanner) scalar() (raw []byte, quoted, ok bool) {
	if s.peek() == '"' {
		raw, ok = s.text()
		return raw, true, ok
	}
	start := s.at
	for s.at < len(s.data) && !endsScalar(s.data[s.at]) {
		s.at++
	}
	return s.data[start:s.at], false, s.at > start
}

func endsScalar(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\t', '\r', '\n', ':', '"', '{', '[':
		return true
	}
	return false
}

// text reads a string.
func (s *scanner) text() ([]byte, bool) {
	start := s.at + 1
	for at := start; ; {
		i := quote(s.data, at)
		if i < 0 {
			return nil, false
		}
		if s.data[i-1] != '\\' || backslashes(s.data[start:i])%2 == 0 {
			s.at = i + 1
			return s.data[start:i], true
		}
		at = i + 1
	}
}

// quote finds the next quote from a place on, or gives a negative number. Most
// strings of a log are short: the first bytes are looked at eight at a time,
// which costs less than to begin a search.
func quote(data []byte, at int) int {
	const (
		ones   = 0x0101010101010101
		highs  = 0x8080808080808080
		quotes = '"' * ones
	)
	for end := min(at+32, len(data)-8); at <= end; at += 8 {
		v := binary.LittleEndian.Uint64(data[at:]) ^ quotes
		if found := (v - ones) &^ v & highs; found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	i := bytes.IndexByte(data[at:], '"')
	if i < 0 {
		return i
	}
	return at + i
}

// skip passes over a value of any kind.
func (s *scanner) skip() Reason {
	if c := s.peek(); c == '{' || c == '[' {
		return s.skipNested()
	}
	if _, _, ok := s.scalar(); !ok {
		return BrokenJSON
	}
	return Parsed
}

// skipNested passes over an object or array by its brackets.
func (s *scanner) skipNested() Reason {
	depth := 0
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case '"':
			if _, ok := s.text(); !ok {
				return BrokenJSON
			}
			continue
		case '{', '[':
			if depth++; depth > maxNesting {
				return NestedTooDeeply
			}
		case '}', ']':
			if depth--; depth == 0 {
				s.at++
				return Parsed
			}
		}
		s.at++
	}
	return BrokenJSON
}

// appendJSONUnescaped undoes the escapes of a JSON string; half a surrogate
// pair becomes U+FFFD, and what is no escape stays.
func appendJSONUnescaped(dst, v []byte) []byte {
	for len(v) > 0 {
		i := bytes.IndexByte(v, '\\')
		if i < 0 || i+1 == len(v) {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		v = v[i+1:]
		if r, n := escapedRune(v); n > 0 {
			dst = utf8.AppendRune(dst, r)
			v = v[n:]
		} else if c, n := escapedByte(v); n > 0 {
			dst = append(dst, c)
			v = v[n:]
		} else {
			dst = append(dst, '\\')
		}
	}
	return dst
}

// escapedRune reads uXXXX, with the second half of a surrogate pair.
func escapedRune(v []byte) (rune, int) {
	r, ok := unit16(v)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) && len(v) > 6 && v[5] == '\\' {
		if second, ok := unit16(v[6:]); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				return pair, 11
			}
		}
	}
	return r, 5
}

func unit16(v []byte) (rune, bool) {
	if len(v) < 5 || v[0] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range v[1:5] {
		h := hexValue(c)
		if h < 0 {
			return 0, false
		}
		r = r<<4 | rune(h)
	}
	return r, true
}
