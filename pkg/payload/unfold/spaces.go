package unfold

import "bytes"

var (
	doubleSpace   = []byte("  ")
	commentCloses = []byte("*/")
)

// spaces makes one space of each comment of SQL and each run of white space,
// and drops NUL. What MySQL reads in spite of being a comment, /*!50000 … */,
// stays without its marks.
func spaces(dst, v []byte) ([]byte, bool) {
	s := spacing{in: v, last: bytes.LastIndex(v, commentCloses)}
	changed := false
	for i := 0; i < len(v); {
		c, size := s.at(i)
		i += size
		changed = changed || size > 1 || c != v[i-1]
		switch {
		case c == 0:
			changed = true
		case c == ' ' && len(dst) > 0 && dst[len(dst)-1] == ' ':
			changed = true
		default:
			dst = append(dst, c)
		}
	}
	return dst, changed
}

type spacing struct {
	in   []byte
	last int // where the last comment closes
	open int // comments that are read in spite of it
}

// at tells what becomes of what begins at in[i], 0 for nothing, and its size.
func (s *spacing) at(i int) (c byte, size int) {
	v := s.in[i:]
	switch c = v[0]; {
	case '\t' <= c && c <= '\r':
		return ' ', 1
	case c == 0xc2 && len(v) > 1 && v[1] == 0xa0:
		return ' ', 2
	case c == '/' && i < s.last && v[1] == '*':
		return s.comment(v)
	case c == '*' && s.open > 0 && len(v) > 1 && v[1] == '/':
		s.open--
		return ' ', 2
	}
	return c, 1
}

// comment reads the comment that v begins with; one closes somewhere behind.
func (s *spacing) comment(v []byte) (c byte, size int) {
	if v[2] == '!' {
		s.open++
		for size = 3; size < len(v) && '0' <= v[size] && v[size] <= '9'; size++ {
		}
		return ' ', size
	}
	n := bytes.Index(v[2:], commentCloses)
	if n < 0 {
		return '/', 1
	}
	return ' ', n + 4
}
