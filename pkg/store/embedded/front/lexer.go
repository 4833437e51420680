package front

import "strings"

// token is a piece of SQL text: text[start:end].
type token struct {
	start, end int
	word       string // upper case, for a bare word; otherwise empty
	depth      int    // of parentheses around it
}

// lexer walks over SQL as ClickHouse's own lexer would as far as quotes,
// comments and parentheses go. It only routes statements (what streams, where
// an INSERT's data begins); it never decides what anyone may do.
type lexer struct {
	text  string
	pos   int
	depth int
}

// next returns the next token that is neither space nor comment.
func (l *lexer) next() (token, bool) {
	l.skipBlank()
	if l.pos >= len(l.text) {
		return token{}, false
	}
	start, depth := l.pos, l.depth
	switch c := l.text[start]; {
	case c == '\'' || c == '"' || c == '`':
		l.skipQuoted(c)
	case isWord(c):
		for l.pos < len(l.text) && isWord(l.text[l.pos]) {
			l.pos++
		}
		return token{start: start, end: l.pos, depth: depth, word: strings.ToUpper(l.text[start:l.pos])}, true
	case c == '(':
		l.depth++
		l.pos++
	case c == ')':
		l.depth--
		depth = l.depth
		l.pos++
	default:
		l.pos++
	}
	return token{start: start, end: l.pos, depth: depth}, true
}

func (l *lexer) skipBlank() {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			l.pos++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			l.skipPast("\n", 0)
		case strings.HasPrefix(rest, "/*"):
			l.skipPast("*/", 2)
		default:
			return
		}
	}
}

// skipPast moves behind the next occurrence of end, or to the end of the text.
func (l *lexer) skipPast(end string, from int) {
	if i := strings.Index(l.text[l.pos+from:], end); i >= 0 {
		l.pos += from + i + len(end)
		return
	}
	l.pos = len(l.text)
}

// skipQuoted moves behind a quoted piece; a backslash or a doubled quote
// keeps it open.
func (l *lexer) skipQuoted(quote byte) {
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch l.text[l.pos] {
		case '\\':
			l.pos++
		case quote:
			if l.pos+1 < len(l.text) && l.text[l.pos+1] == quote {
				l.pos++
				continue
			}
			l.pos++
			return
		}
	}
	l.pos = min(l.pos, len(l.text))
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
