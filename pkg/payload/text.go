package payload

import "bytes"

// text is one form of a value as the analysers see it.
type text struct {
	raw   []byte // as it is
	low   []byte // with the letters of ASCII small
	name  []byte // of the parameter, small; may be empty
	signs signs  // of raw
	place place

	scratch *[]byte // room, for those who rewrite the text
}

// place is where a value stood.
type place uint8

const (
	inValue place = iota
	inPath
	inHeader
)

// has tells whether any of the needles, small, lies in the text.
func (t *text) has(needles ...string) bool {
	for _, n := range needles {
		if index(t.low, n) >= 0 {
			return true
		}
	}
	return false
}

// starts tells whether the text begins with any of the needles.
func (t *text) starts(needles ...string) bool {
	for _, n := range needles {
		if hasPrefix(t.low, n) {
			return true
		}
	}
	return false
}

// word tells whether needle stands in the text without a letter, digit or _ on
// either side; a needle that ends in another character needs nothing behind it.
func (t *text) word(needle string) bool { return wordIndex(t.low, needle) >= 0 }

// words tells whether any of the needles does.
func (t *text) words(needles ...string) bool {
	for _, n := range needles {
		if wordIndex(t.low, n) >= 0 {
			return true
		}
	}
	return false
}

func wordIndex(v []byte, needle string) int {
	for from := 0; ; {
		n := index(v[from:], needle)
		if n < 0 {
			return -1
		}
		i := from + n
		end := i + len(needle)
		free := (i == 0 || !isWord(v[i-1]) || !isWord(needle[0])) &&
			(end == len(v) || !isWord(v[end]) || !isWord(needle[len(needle)-1]))
		if free {
			return i
		}
		from = i + 1
	}
}

func index(v []byte, needle string) int {
	if len(needle) == 1 {
		return bytes.IndexByte(v, needle[0])
	}
	return bytes.Index(v, []byte(needle))
}

func hasPrefix(v []byte, prefix string) bool {
	return len(v) >= len(prefix) && string(v[:len(prefix)]) == prefix
}

// lower writes v with small letters into room.
func lower(room, v []byte) []byte {
	room = append(room[:0], v...)
	for i, c := range room {
		if 'A' <= c && c <= 'Z' {
			room[i] = c | 0x20
		}
	}
	return room
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
func isSpace(c byte) bool  { return c == ' ' || '\t' <= c && c <= '\r' }

// skip returns v without the leading bytes that are like what is told.
func skip(v []byte, like func(byte) bool) []byte {
	for len(v) > 0 && like(v[0]) {
		v = v[1:]
	}
	return v
}

// leading returns the leading bytes that are like what is told.
func leading(v []byte, like func(byte) bool) []byte { return v[:len(v)-len(skip(v, like))] }
