package inventory

import (
	"bytes"
	"strings"
)

// pattern is a text with parameters in it: "report.{format}", "{a}:{b}".
// A parameter stands for one byte or more.
type pattern struct {
	texts    []string // around the parameters: one more than there are of them
	literals int      // bytes of text, for the order of preference
}

// newPattern cuts a text with balanced braces.
func newPattern(s string) pattern {
	p := pattern{}
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			p.add(s)
			return p
		}
		p.add(s[:open])
		_, s, _ = strings.Cut(s[open:], "}")
	}
}

func (p *pattern) add(text string) {
	p.texts = append(p.texts, text)
	p.literals += len(text)
}

// parameterOnly tells "{id}".
func (p pattern) parameterOnly() bool { return len(p.texts) == 2 && p.literals == 0 }

// concrete tells a text without parameters.
func (p pattern) concrete() bool { return len(p.texts) == 1 }

// matches takes the first place for each text between parameters, which finds
// a match wherever there is one.
func (p pattern) matches(s []byte) bool {
	first, last := p.texts[0], p.texts[len(p.texts)-1]
	if len(s) < len(first)+len(last) || string(s[:len(first)]) != first || string(s[len(s)-len(last):]) != last {
		return false
	}
	if p.concrete() {
		return len(s) == len(first)
	}
	s = s[len(first) : len(s)-len(last)]
	for _, text := range p.texts[1 : len(p.texts)-1] {
		at := indexAfterOne(s, text)
		if at < 0 {
			return false
		}
		s = s[at+len(text):]
	}
	return len(s) > 0
}

// indexAfterOne finds a text that has at least one byte before it.
func indexAfterOne(s []byte, text string) int {
	if len(s) == 0 {
		return -1
	}
	for at := 1; at+len(text) <= len(s); at++ {
		if string(s[at:at+len(text)]) == text {
			return at
		}
	}
	return -1
}

// canonical gives the pattern with nameless parameters: two paths that differ
// in names only have the same.
func canonical(template string) string {
	var b bytes.Buffer
	for _, text := range newPattern(template).texts {
		if b.Len() > 0 || text == "" {
			b.WriteString("{}")
		}
		b.WriteString(text)
	}
	return b.String()
}
