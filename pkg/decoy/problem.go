package decoy

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a catalogue.
type Problem struct {
	File         string
	Line, Column int // 1-based; 0 = the file as a whole
	Message      string
	Hint         string // what to do about it; may be empty
}

// Error is "file:line:column: message (hint)".
func (p Problem) Error() string {
	var s strings.Builder
	s.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&s, ":%d:%d", p.Line, p.Column)
	}
	s.WriteString(": " + p.Message)
	if p.Hint != "" {
		s.WriteString(" (" + p.Hint + ")")
	}
	return s.String()
}

// Problems is everything that is wrong with a catalogue, in the file's order.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}
