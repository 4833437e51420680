// Package mistake is what is told about a file that a person wrote: where it
// is wrong, how, what to do about it, and the word that was probably meant.
//
// It imports the standard library only. It never reads a file.
package mistake

import (
	"fmt"
	"strings"
)

// Mistake is one mistake in a file.
type Mistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // 1-based; 0 = the file as a whole
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do about it; may be empty
}

// Error is "file:line:column: message (hint)".
func (m Mistake) Error() string {
	s := m.File
	if m.Line > 0 {
		s += fmt.Sprintf(":%d:%d", m.Line, m.Column)
	}
	s += ": " + m.Message
	if m.Hint != "" {
		s += " (" + m.Hint + ")"
	}
	return s
}

// List is all mistakes of a file; as an error it has one line for each.
type List []Mistake

// Error implements error.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i := range l {
		lines[i] = l[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Nearest gives the name that word was probably meant to be, or "". Of names
// that are as near the first one wins.
func Nearest(word string, names []string) string {
	best, limit := "", min(len(word)/2, 2)+1
	for _, name := range names {
		if len(word) > 2*len(name) {
			continue
		}
		if d := distance(word, name); d < limit {
			best, limit = name, d
		}
	}
	return best
}

// distance is the edit distance between two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
