package payload

import "bytes"

// text is one form of a value as the analysers see it.
type text struct {
	raw   []byte // as it is
	low   []byte // with the letters of ASCII small
	name  []byte // of the parameter, small; may be empty
	signs signs  // of raw
	place place
	pairs pairs // of low

	scratch []byte // room, for those who rewrite the text
}

// place is where a value stood.
type place uint8

const (
	inValue place = iota
	inPath
	inHeader
)

// reset makes t the text v of the parameter name.
func (t *text) reset(name, v []byte, p place) {
	t.raw, t.name, t.place, t.signs = v, name, p, signsOf(v)
	t.low = lower(t.low, v)
	t.pairs.fill(t.low)
}

// has tells whether any of the needles, small, lies in the text.
func (t *text) has(needles ...string) bool {
	for _, n := range needles {
		if t.index(n) >= 0 {
			return true
		}
	}
	return false
}

// index is where needle, small, lies first, or -1.
func (t *text) index(needle string) int {
	if !t.pairs.mayHold(needle) {
		return -1
	}
	return index(t.low, needle)
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

// wordIndex is where needle stands first without a letter, digit or _ on either
// side, or -1; a side of the needle that is none of these itself needs nothing
// beside it.
func (t *text) wordIndex(needle string) int {
	if !t.pairs.mayHold(needle) {
		return -1
	}
	return wordIndex(t.low, needle)
}

// words tells whether any of the needles stands in the text as a word.
func (t *text) words(needles ...string) bool {
	for _, n := range needles {
		if t.wordIndex(n) >= 0 {
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

// containsAny tells whether v holds one of the needles.
func containsAny(v []byte, needles ...string) bool {
	for _, n := range needles {
		if index(v, n) >= 0 {
			return true
		}
	}
	return false
}
