package sigma

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// White space and line ends as PCRE has them, as the content of brackets.
const (
	space         = `\t-\r `
	notSpace      = `\x00-\x08\x0e-\x1f!-\x{10ffff}`
	horizontal    = `\t \x{a0}`
	notHorizontal = `\x00-\x08\n-\x1f!-\x{9f}\x{a1}-\x{10ffff}`
	vertical      = `\n-\r\x{85}\x{2028}\x{2029}`
	notVertical   = `\x00-\t\x0e-\x{84}\x{86}-\x{2027}\x{202a}-\x{10ffff}`
)

// classes are the escapes that stand for one of several characters and that
// RE2 lacks or has smaller.
var classes = map[byte]string{
	's': space, 'S': notSpace, 'h': horizontal, 'H': notHorizontal, 'v': vertical, 'V': notVertical, 'N': `\x00-\t\x0b-\x{10ffff}`,
}

// escape rewrites what begins with a backslash.
func (t *translation) escape(rest string) {
	if len(rest) == 1 {
		t.bad = wrong(`a backslash that stands for itself is written \\`, "regular expression: a backslash at the end escapes nothing")
		return
	}
	c := rest[1]
	class, isClass := classes[c]
	switch {
	case isClass && t.class:
		t.replace(2, class)
	case isClass:
		t.replace(2, "["+class+"]")
	case c >= utf8.RuneSelf:
		t.replace(1, "")
	case c == 'Q' && !t.class:
		t.quotation(rest)
	case c == 'E':
		t.replace(2, "")
	case c == 'x':
		t.hexadecimal(rest)
	case c == 'u':
		t.unicode(rest)
	case c == 'c' && len(rest) > 2 && rest[2] < utf8.RuneSelf:
		t.replace(3, fmt.Sprintf(`\x%02x`, strings.ToUpper(rest[2:3])[0]^0x40))
	case c == 'e':
		t.replace(2, `\x1b`)
	case t.class && c == 'b':
		t.replace(2, `\x08`)
	case !t.class && c == 'Z':
		t.replace(2, `\n?\z`)
	case !t.class && c == 'R':
		t.replace(2, `(?:\r\n|[`+vertical+`])`)
	default:
		t.plainEscape(rest, c)
	}
}

// unavailable are the escapes that cannot be had.
var unavailable = map[byte]string{
	'k': `the backreference \k`, 'g': `the backreference \g`, 'K': `\K, which moves the begin of the match`,
	'G': `\G, the end of the last match`, 'X': `\X, a character with its marks`, 'C': `\C, a single byte`,
}

func (t *translation) plainEscape(rest string, c byte) {
	switch name := unavailable[c]; {
	case name != "":
		t.refuse(name, "")
	case c >= '8' && c <= '9', !t.class && c >= '1' && c <= '7' && !octal(rest):
		t.refuse(`the backreference \`+string(c), "")
	case t.class && c >= '1' && c <= '7' && !octal(rest):
		t.replace(2, `\x0`+string(c))
	case word(rune(c)) && c != '_' && strings.IndexByte("dDwWnrtfapP01234567", c) < 0 && (t.class || strings.IndexByte("bBAz", c) < 0):
		t.refuse(`the escape \`+string(c), `a backslash that stands for itself is written \\`)
	default:
		t.copy(2)
	}
}

// octal tells whether an escape is a character's number, not a group's.
func octal(rest string) bool { return len(rest) > 2 && rest[2] >= '0' && rest[2] <= '7' }

// quotation is \Q…\E: its text stands for itself.
func (t *translation) quotation(rest string) {
	quoted, _, closed := strings.Cut(rest[2:], `\E`)
	length := len(quoted) + 2
	if closed {
		length += 2
	}
	for _, r := range quoted {
		if r < utf8.RuneSelf && !word(r) {
			t.out.WriteByte('\\')
		}
		t.out.WriteRune(r)
	}
	t.at += length
}

// hexadecimal is \xHH, \xH, \x and \x{…}; RE2 wants two digits or braces.
func (t *translation) hexadecimal(rest string) {
	if strings.HasPrefix(rest, `\x{`) {
		t.copy(2)
		return
	}
	n := hexDigits(rest[2:], 2)
	t.replace(2+n, fmt.Sprintf(`\x{%s}`, rest[2:2+n]+strings.Repeat("0", max(0, 1-n))))
}

// unicode is \uHHHH, which other flavours have for \x{HHHH}.
func (t *translation) unicode(rest string) {
	if hexDigits(rest[2:], 4) < 4 {
		t.refuse(`the escape \u`, `write a character's number as \x{…}`)
		return
	}
	t.replace(6, `\x{`+rest[2:6]+`}`)
}

func hexDigits(s string, most int) int {
	n := 0
	for n < len(s) && n < most && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	return n
}
