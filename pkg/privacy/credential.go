package privacy

import (
	"bytes"
	"encoding/base64"
)

// credential looks for Bearer or Basic before the space at in[i] and for what
// they say after it.
func (s *scan) credential(i, size int) int {
	next := i + size
	switch {
	case s.follows(i, "bearer"):
		if n := run(s.in[next:], inBearer); n >= minCode && looksRandom(s.in[next:next+n]) {
			s.replace(next, next+n, asToken)
			return next + n
		}
	case s.follows(i, "basic"):
		if n := run(s.in[next:], inBase64); n >= minCode && isUserPassword(s.in[next:next+n]) {
			s.replace(next, next+n, asPassword)
			return next + n
		}
	}
	return next
}

// follows tells whether a word in lower case ends before in[i].
func (s *scan) follows(i int, word string) bool {
	from := i - len(word)
	return from >= s.floor && s.in[i-1]|0x20 == word[len(word)-1] && equalFold(s.in[from:i], word) && s.edge(from)
}

// equalFold compares with a word in lower case.
func equalFold(v []byte, word string) bool {
	if len(v) != len(word) {
		return false
	}
	for i, c := range v {
		if lower(c) != word[i] {
			return false
		}
	}
	return true
}

func inBearer(c byte) bool { return isAlnum(c) || bytes.IndexByte([]byte("-._~+/="), c) >= 0 }

func inBase64(c byte) bool { return isAlnum(c) || c == '+' || c == '/' || c == '=' }

// looksRandom tells a token from a word that happens to come after "bearer".
func looksRandom(v []byte) bool {
	return len(v) >= 20 || bytes.ContainsAny(v, "0123456789")
}

// isUserPassword tells whether v is base64 of user:password.
func isUserPassword(v []byte) bool {
	var out [256]byte
	v = bytes.TrimRight(v, "=")
	v = v[:min(len(v), base64.RawStdEncoding.EncodedLen(len(out)))]
	n, err := base64.RawStdEncoding.Decode(out[:], v)
	return err == nil && bytes.IndexByte(out[:n], ':') >= 0
}

// inBase64URL are the characters of URL-safe base64.
func inBase64URL(c byte) bool { return isAlnum(c) || c == '-' || c == '_' }

const (
	minHeader = 10 // characters of a JWT's header
	minCut    = 8  // characters of a payload that is cut
)

// jwt looks for a JSON web token whose third letter is in[i]: base64 of {" and
// a letter, then two or more parts after points.
func (s *scan) jwt(i int) int {
	from := i - 2
	if from < s.floor || s.in[from] != 'e' || s.in[i-1] != 'y' || !s.edge(from) {
		return i + 1
	}
	end := from + run(s.in[from:], inBase64URL)
	if end-from < minHeader {
		return end
	}
	parts, last := 1, end
	for ; parts < 5; parts++ {
		point := s.point(last)
		if point == 0 {
			break
		}
		n := run(s.in[last+point:], inBase64URL)
		if n == 0 && parts == 1 {
			break
		}
		last += point + n
	}
	if parts >= 3 || parts == 2 && last == len(s.in) && last-end > minCut {
		s.replace(from, last, asJWT)
		return last
	}
	return end
}

// point is the size of the point at in[i], or 0.
func (s *scan) point(i int) int {
	if i >= len(s.in) {
		return 0
	}
	if c, size, _ := unit(s.in, i); c == '.' {
		return size
	}
	return 0
}
