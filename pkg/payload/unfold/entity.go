package unfold

import (
	"bytes"
	"unicode/utf8"
)

// maxEntity is the length of the longest entity that is decoded, with & and ;.
const maxEntity = 12

// hasEntity tells whether an entity may begin in v.
func hasEntity(v []byte) bool {
	for {
		n := bytes.IndexByte(v, '&')
		if n < 0 {
			return false
		}
		v = v[n:]
		if _, size := entityRune(v); size > 0 {
			return true
		}
		v = v[1:]
	}
}

func entity(dst, v []byte) ([]byte, int) {
	r, size := entityRune(v)
	if size == 0 {
		return dst, 0
	}
	return utf8.AppendRune(dst, r), size
}

// entityRune reads the entity that v begins with. Browsers read a number
// without its semicolon too; a name without one is a parameter of a query.
func entityRune(v []byte) (r rune, size int) {
	if len(v) < 4 {
		return 0, 0
	}
	if v[1] == '#' {
		return entityNumber(v)
	}
	n := bytes.IndexByte(v[:min(len(v), maxEntity)], ';')
	if n < 0 {
		return 0, 0
	}
	r = entityName(v[1:n])
	if r == 0 {
		return 0, 0
	}
	return r, n + 1
}

// entityNumber reads &#65; and &#x41;, with zeros before the digits.
func entityNumber(v []byte) (r rune, size int) {
	base, i := rune(10), 2
	if v[2]|0x20 == 'x' {
		base, i = 16, 3
	}
	start := i
	for ; i < len(v) && r <= utf8.MaxRune; i++ {
		d := hexDigit(v[i])
		if d < 0 || d >= base {
			break
		}
		r = r*base + d
	}
	if i == start || r > utf8.MaxRune || utf8.RuneLen(r) > i {
		return 0, 0
	}
	if i < len(v) && v[i] == ';' {
		i++
	}
	return r, i
}

// entityName knows the names of ASCII, for nothing else hides an attack.
func entityName(name []byte) rune {
	switch string(name) {
	case "lt", "LT":
		return '<'
	case "gt", "GT":
		return '>'
	case "amp", "AMP":
		return '&'
	case "quot", "QUOT":
		return '"'
	case "apos":
		return '\''
	case "nbsp":
		return ' '
	}
	return punctuationName(name)
}

func punctuationName(name []byte) rune {
	for _, p := range punctuation {
		if string(name) == p.name {
			return p.char
		}
	}
	return 0
}

var punctuation = [...]struct {
	name string
	char rune
}{
	{"sol", '/'}, {"bsol", '\\'}, {"colon", ':'}, {"semi", ';'}, {"comma", ','}, {"period", '.'},
	{"lpar", '('}, {"rpar", ')'}, {"lbrace", '{'}, {"rbrace", '}'}, {"lcub", '{'}, {"rcub", '}'},
	{"lsqb", '['}, {"rsqb", ']'}, {"lbrack", '['}, {"rbrack", ']'}, {"grave", '`'}, {"excl", '!'},
	{"num", '#'}, {"dollar", '$'}, {"percnt", '%'}, {"ast", '*'}, {"plus", '+'}, {"equals", '='},
	{"quest", '?'}, {"commat", '@'}, {"Hat", '^'}, {"lowbar", '_'}, {"vert", '|'}, {"verbar", '|'},
	{"Tab", '\t'}, {"NewLine", '\n'},
}
