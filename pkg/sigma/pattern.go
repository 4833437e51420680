package sigma

import (
	"strings"
	"unicode/utf8"
)

// parsePattern reads text with wildcards, by the specification's sections
// "String Wildcard" and "Escape Character": "*" and "?" are wildcards, "\*"
// and "\?" are not, "\\" is one backslash, and a backslash before anything
// else is itself.
func parsePattern(s string) Pattern {
	var b patternBuilder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '*':
			b.wildcard(AnyRun)
		case c == '?':
			b.wildcard(AnyOne)
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			b.text.WriteByte(s[i])
		default:
			b.text.WriteByte(c)
		}
	}
	return b.pattern()
}

// plainPattern is text without wildcards.
func plainPattern(s string) Pattern {
	if s == "" {
		return Pattern{}
	}
	return Pattern{{Kind: Literal, Text: s}}
}

// patternBuilder keeps what Token promises: no Literal is empty, and neither
// two Literals nor two AnyRuns follow each other.
type patternBuilder struct {
	tokens Pattern
	text   strings.Builder
}

func (b *patternBuilder) wildcard(k TokenKind) {
	b.flush()
	if n := len(b.tokens); k == AnyRun && n > 0 && b.tokens[n-1].Kind == AnyRun {
		return
	}
	b.tokens = append(b.tokens, Token{Kind: k})
}

func (b *patternBuilder) flush() {
	if b.text.Len() > 0 {
		b.tokens = append(b.tokens, Token{Kind: Literal, Text: b.text.String()})
		b.text.Reset()
	}
}

func (b *patternBuilder) add(p Pattern) {
	for _, t := range p {
		if t.Kind == Literal {
			b.text.WriteString(t.Text)
		} else {
			b.wildcard(t.Kind)
		}
	}
}

func (b *patternBuilder) pattern() Pattern {
	b.flush()
	if b.tokens == nil {
		return Pattern{}
	}
	return b.tokens
}

// open puts AnyRun before a pattern, behind it, or both.
func (p Pattern) open(before, behind bool) Pattern {
	var b patternBuilder
	if before {
		b.wildcard(AnyRun)
	}
	b.add(p)
	if behind {
		b.wildcard(AnyRun)
	}
	return b.pattern()
}

// plain gives a pattern's text when it has no wildcards.
func (p Pattern) plain() (string, bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].Kind == Literal:
		return p[0].Text, true
	}
	return "", false
}

// mapText changes the plain text of a pattern.
func (p Pattern) mapText(f func(string) string) Pattern {
	var b patternBuilder
	for _, t := range p {
		if t.Kind == Literal {
			t.Text = f(t.Text)
			b.text.WriteString(t.Text)
			continue
		}
		b.wildcard(t.Kind)
	}
	return b.pattern()
}

// String writes a pattern as a rule would.
func (p Pattern) String() string {
	var b strings.Builder
	for i, t := range p {
		switch t.Kind {
		case AnyRun:
			b.WriteByte('*')
		case AnyOne:
			b.WriteByte('?')
		case Literal:
			b.WriteString(escapeText(t.Text, i+1 < len(p)))
		}
	}
	return b.String()
}

// escapeText writes plain text so that parsePattern reads it back. A backslash
// is doubled only where it would escape what follows.
func escapeText(s string, wildcardFollows bool) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '*' || c == '?':
			b.WriteByte('\\')
		case c == '\\':
			last := i+1 == len(s)
			if last && wildcardFollows || !last && strings.IndexByte(`*?\`, s[i+1]) >= 0 {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// word tells whether a rune belongs to a word.
func word(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > utf8.RuneSelf && r != utf8.RuneError
}
