package privacy

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Pattern finds what is secret in one place only, such as customer numbers.
type Pattern struct {
	Kind string // its name in masks: 2 to 32 of a-z, 0-9 and _
	// Expression is what to mask, in RE2. Every match must hold a fixed text of
	// at least two bytes, which is looked for first.
	Expression string
}

type custom struct {
	kind       int
	literal    []byte
	expression *regexp.Regexp
}

// compile checks a pattern; names are the kinds that are there.
func compile(p Pattern, names []string) (custom, error) {
	if err := checkKind(p.Kind, names); err != nil {
		return custom{}, err
	}
	e, err := regexp.Compile(p.Expression)
	if err != nil {
		return custom{}, fmt.Errorf("pattern %q: %w", p.Kind, err)
	}
	tree, err := syntax.Parse(p.Expression, syntax.Perl)
	if err != nil {
		return custom{}, fmt.Errorf("pattern %q: %w", p.Kind, err)
	}
	literal := required(tree.Simplify())
	if len(literal) < 2 {
		return custom{}, fmt.Errorf("pattern %q: want an expression of which a part is fixed and written in one case, such as CUST-[0-9]{8}", p.Kind)
	}
	if e.MatchString("") {
		return custom{}, fmt.Errorf("pattern %q matches the empty text", p.Kind)
	}
	return custom{kind: len(names), literal: []byte(literal), expression: e}, nil
}

func checkKind(kind string, names []string) error {
	if len(names) >= builtinKinds+maxCustom {
		return fmt.Errorf("pattern %q: want at most %d patterns", kind, maxCustom)
	}
	for _, c := range []byte(kind) {
		if c != '_' && !isDigit(c) && (c < 'a' || c > 'z') {
			return fmt.Errorf("pattern %q: want a kind of a-z, 0-9 and _", kind)
		}
	}
	if len(kind) < 2 || len(kind) > 32 {
		return fmt.Errorf("pattern %q: want a kind of 2 to 32 characters", kind)
	}
	for _, name := range names {
		if name == kind {
			return fmt.Errorf("pattern %q: there is this kind already", kind)
		}
	}
	return nil
}

// checkCustom refuses patterns that find something in a mask: what is masked
// would be masked again.
func (m *Masker) checkCustom() error {
	for _, c := range m.custom {
		for _, mask := range m.masks {
			if c.expression != nil && c.expression.MatchString(mask) {
				return fmt.Errorf("pattern %q matches the mask %s", m.masks[c.kind], mask)
			}
		}
	}
	return nil
}

// required is the longest text that every match holds, as far as that is
// plain to see.
func required(e *syntax.Regexp) string {
	switch e.Op {
	case syntax.OpLiteral:
		if e.Flags&syntax.FoldCase == 0 {
			return string(e.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(e.Sub[0])
	case syntax.OpRepeat:
		if e.Min > 0 {
			return required(e.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, sub := range e.Sub {
			if l := required(sub); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}

// customs applies the custom patterns to what was masked so far, which lies in
// out from start on, or still in in.
func (s *scan) customs(start int) {
	for _, c := range s.m.custom {
		text := s.in
		if s.found != 0 {
			text = s.out[start:]
		}
		if bytes.Contains(text, c.literal) {
			s.custom(c, text, start)
		}
	}
}

func (s *scan) custom(c custom, text []byte, start int) {
	matches := c.expression.FindAllIndex(text, -1)
	if matches == nil {
		return
	}
	// The result is written behind the text and moved down afterwards.
	base, done := len(s.out), 0
	for _, at := range matches {
		s.out = append(s.out, text[done:at[0]]...)
		s.out = append(s.out, s.m.masks[c.kind]...)
		done = at[1]
	}
	s.out = append(s.out, text[done:]...)
	s.out = append(s.out[:start], s.out[base:]...)
	s.found |= 1 << c.kind
}
