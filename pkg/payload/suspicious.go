package payload

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/payload/unfold"
)

// Suspicious tells whether v, a value, may be an attack of any kind: where it
// says no, [Analyser.Value] finds none. It takes no memory.
func Suspicious(v []byte) bool { return suspicious(v, signsOf(v), inValue) }

func suspicious(v []byte, m signs, p place) bool {
	switch {
	case m&(strange|ampersand) != 0:
		return true
	case m&percent != 0:
		return suspiciousEncoded(v, p)
	}
	return suspiciousPairs(v, m) || suspiciousSyntax(v, m, p) ||
		m&(colon|slash) != 0 && suspiciousPath(v, p) ||
		m&(space|plus) != 0 && suspiciousWords(v) ||
		suspiciousStart(v)
}

// maxEncoded is the length of an encoded value that is decoded for the filter;
// a longer one is suspicious.
const maxEncoded = 512

// suspiciousEncoded looks at what a value decodes to when that holds nothing but
// what clients have to encode: spaces, letters that are not ASCII, separators.
func suspiciousEncoded(v []byte, p place) bool {
	if len(v) > maxEncoded {
		return true
	}
	var room [maxEncoded]byte
	plain := room[:0]
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '%' {
			if i+2 >= len(v) {
				return true
			}
			c = hexByte(v[i+1], v[i+2])
			if i += 2; !mild(c) {
				return true
			}
		}
		plain = append(plain, c)
	}
	return suspicious(plain, signsOf(plain), p)
}

// suspiciousForm looks at a part of a query with spaces for its plus signs.
func suspiciousForm(v []byte) bool {
	if len(v) > maxEncoded {
		return true
	}
	var room [maxEncoded]byte
	plain := append(room[:0], v...)
	for i, c := range plain {
		if c == '+' {
			plain[i] = ' '
		}
	}
	return suspicious(plain, signsOf(plain), inValue)
}

// mild tells whether a byte is encoded for good reason and is nothing by itself.
func mild(c byte) bool {
	switch c {
	case ' ', ',', '/', ':', '@', '+', '=':
		return true
	}
	return c >= 0x80 && signOf[c] == 0
}

// hexByte is the byte of two digits, or 0.
func hexByte(a, b byte) byte {
	high, low := hexDigit(a), hexDigit(b)
	if high > 15 || low > 15 {
		return 0
	}
	return high<<4 | low
}

func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

var (
	twoDots   = []byte("..")
	twoDashes = []byte("--")
	twoAts    = []byte("@@")
	twoColons = []byte("::")
)

// suspiciousPairs looks for what is ordinary once and not twice, and for the
// few words that need no other sign.
func suspiciousPairs(v []byte, m signs) bool {
	return m&dot != 0 && (bytes.Contains(v, twoDots) || anyBehind(v, '.', "ini", "exe", "lang", "class", "module", "prototype", "254.")) ||
		m&dash != 0 && bytes.Contains(v, twoDashes) ||
		m&under != 0 && anyBehind(v, '_', "_proto", "user_func", "url_include", "prepend_file") ||
		m&at != 0 && bytes.Contains(v, twoAts) ||
		m&colon != 0 && bytes.Contains(v, twoColons) ||
		m&bracket != 0 && anyBehind(v, '[', "prototype")
}

// anyBehind tells whether one of the words, small, stands directly behind a c,
// whatever its case.
func anyBehind(v []byte, c byte, words ...string) bool {
	for {
		n := bytes.IndexByte(v, c)
		if n < 0 {
			return false
		}
		v = v[n+1:]
		for _, w := range words {
			if startsFold(v, w) {
				return true
			}
		}
	}
}

func startsFold(v []byte, word string) bool {
	if len(v) < len(word) {
		return false
	}
	for i := range len(word) {
		if lowerByte(v[i]) != word[i] {
			return false
		}
	}
	return true
}

// suspiciousSyntax looks for the signs that ordinary values have in their place
// only: = at the end of base64, and in a header ( and ; after a space.
func suspiciousSyntax(v []byte, m signs, p place) bool {
	if p != inHeader {
		return m&(semicolon|paren) != 0 || m&equals != 0 && equalsInside(v)
	}
	if m&equals != 0 {
		return true
	}
	for i, c := range v {
		next := byte(' ')
		if i+1 < len(v) {
			next = v[i+1]
		}
		switch {
		case c == '(' && (i > 0 && v[i-1] != ' ' || next == ')' || next == '('),
			c == ')' && next != ' ' && next != ';' && next != ',',
			c == ';' && (next != ' ' || startsCommand(v[min(len(v), i+2):])):
			return true
		}
	}
	return false
}

// equalsInside tells whether a = stands anywhere but at the end.
func equalsInside(v []byte) bool {
	return bytes.IndexByte(bytes.TrimRight(v, "="), '=') >= 0
}

// suspiciousPath looks for comments, URLs, schemes, and files of the system. In
// a header a URL is ordinary.
func suspiciousPath(v []byte, p place) bool {
	if startsScheme(v) || startsSystemPath(v) {
		return true
	}
	for i, c := range v[:max(0, len(v)-1)] {
		if isWord(c) {
			continue
		}
		if c == '/' && suspiciousSlash(v, i, p) || startsSystemPath(v[i+1:]) {
			return true
		}
	}
	return false
}

// suspiciousSlash tells whether the slash v[i], not the last byte, is more than
// one between the parts of a path.
func suspiciousSlash(v []byte, i int, p place) bool {
	before := byte(0)
	if i > 0 {
		before = v[i-1]
	}
	switch v[i+1] {
	case '*', '.':
		return true
	case '/':
		return before != ':' || p != inHeader
	}
	return before == ' ' || before == ':'
}

// startsScheme tells whether v begins as a URL does: a word, a colon, and no
// space.
func startsScheme(v []byte) bool {
	v = skip(v, isSpace)
	rest := skip(v, func(c byte) bool { return isWord(c) || c == '.' || c == '-' || c == '+' })
	return len(rest) < len(v) && len(rest) > 1 && rest[0] == ':' && isLetter(v[0]) && !isSpace(rest[1])
}

// startsSystemPath tells whether v begins like a directory that no site shows:
// a word of these, and a slash or dash behind it.
func startsSystemPath(v []byte) bool {
	if len(v) < 4 {
		return false
	}
	switch [4]byte{v[0] | 0x20, v[1] | 0x20, v[2] | 0x20, v[3] | 0x20} {
	case [4]byte{'e', 't', 'c', '/'}, [4]byte{'v', 'a', 'r', '/'}, [4]byte{'u', 's', 'r', '/'}, [4]byte{'b', 'i', 'n', '/'},
		[4]byte{'w', 'e', 'b', '-'}, [4]byte{'.', 's', 's', 'h'}, [4]byte{'.', 'a', 'w', 's'}, [4]byte{'.', 'b', 'a', 's'},
		[4]byte{'.', 'h', 't', 'p'}, [4]byte{'0', 'x', '2', 'e'}:
		return true
	case [4]byte{'p', 'r', 'o', 'c'}, [4]byte{'w', 'i', 'n', 'd'}, [4]byte{'w', 'i', 'n', 'n'}, [4]byte{'m', 'e', 't', 'a'},
		[4]byte{'r', 'o', 'o', 't'}, [4]byte{'i', 'n', 'e', 't'}, [4]byte{'l', 'a', 't', 'e'}, [4]byte{'c', 'o', 'm', 'p'}:
		rest := skip(v[4:], isLetter)
		return len(rest) > 0 && (rest[0] == '/' || rest[0] == '-' && len(rest) == len(v)-4)
	}
	return false
}

// suspiciousWords looks for the words of SQL that need nothing but spaces.
func suspiciousWords(v []byte) bool {
	number := isDigit(v[0]) || v[0] == '-' || v[0] == '+'
	for i := 1; i+2 < len(v); i++ {
		if !isWord(v[i-1]) && isLetter(v[i]) && startsSQL(v[i:], number) {
			return true
		}
	}
	return startsSQL(skip(v, isClosing), true) || startsCommand(skip(v, isShellSpace))
}

// startsSQL tells whether v begins with a word that an injection leads on with;
// behind a number, or and and are such too.
func startsSQL(v []byte, number bool) bool {
	var room [8]byte
	word := leading(v[:min(len(v), len(room))], isLetter)
	switch string(lower(room[:0], word)) {
	case "union", "select", "waitfor", "having", "rlike", "procedur", "exec", "execute", "regexp", "truncate":
		return true
	case "or", "and", "xor", "order", "group", "like", "between", "limit", "div", "where", "is", "not", "into", "in":
		return number
	case "insert", "delete", "update", "drop", "create", "alter", "declare", "shutdown":
		return true
	}
	return false
}

// suspiciousStart looks for values that begin in a way of their own, without
// any sign.
func suspiciousStart(v []byte) bool {
	if len(v) < 5 {
		return false
	}
	switch string(v[:4]) {
	case "rO0A", "gASV", "AAEA", "aced", "ACED":
		return true
	}
	return unfold.HasBase64(v)
}
