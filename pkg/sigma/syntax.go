package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// syntaxError tells a mistake in YAML's grammar so that somebody can mend it
// who does not know the grammar.
func syntaxError(err error, p part) *misplaced {
	bad := &misplaced{line: 1, column: 1, message: err.Error(), hint: "the document is not valid YAML"}
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		bad.message = placed(positioned.GetMessage(), p.first)
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			bad.line, bad.column = t.Position.Line, t.Position.Column
		}
	}
	s := spot{lines: strings.Split(string(p.data), "\n"), first: p.first, bad: bad}
	for _, slip := range slips {
		if strings.Contains(bad.message, slip.words) && slip.explain(&s) {
			break
		}
	}
	bad.line += p.first
	return bad
}

var earlier = regexp.MustCompile(`at \[([0-9]+):[0-9]+\]$`)

// placed tells the place that a message of the library ends with, which is one
// in the document, as a line of the file.
func placed(message string, first int) string {
	m := earlier.FindStringSubmatchIndex(message)
	if m == nil {
		return message
	}
	line, err := strconv.Atoi(message[m[2]:m[3]])
	if err != nil {
		return message
	}
	return fmt.Sprintf("%sin line %d", message[:m[0]], line+first)
}

// spot is where the library found a document wrong.
type spot struct {
	lines []string
	first int        // lines before the document
	bad   *misplaced // its line is one of the document
}

// slips are what people do to YAML, by words of the library's messages. The
// first whose function knows the slip again explains it.
var slips = []struct {
	words   string
	explain func(*spot) bool
}{
	{"cannot start any token", (*spot).tab},
	{"reserved character", (*spot).unquoted},
	{"invalid header option", (*spot).unquoted},
	{"unknown escape character", hinted(`in double quotes a \ begins an escape; put the text in single ones: 'a\d+'`)},
	{"could not find end character", hinted(`close the quote; in single quotes a ' is written twice: 'it''s'`)},
	{"map key-value is pre-defined", (*spot).apostrophe},
	{"already defined", hinted("give it another name, or write the values as a list below one key")},
	{"block sequence entries are not allowed", hinted("begin the list on a line of its own; text that begins with - is put in quotes: '- x'")},
	{"must be specified", (*spot).bracket},
	{"flow map content", (*spot).bracket},
	{"is not allowed in this context", (*spot).colon},
	{"is not allowed in this context", (*spot).goesOn},
	{"is not allowed in this context", (*spot).indentation},
}

func hinted(hint string) func(*spot) bool {
	return func(s *spot) bool {
		s.bad.hint = hint
		return true
	}
}

func (s *spot) tab() bool {
	line := s.line(s.bad.line)
	if !strings.Contains(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "\t") {
		return false
	}
	s.bad.message, s.bad.hint = "a tab stands where the line is indented", "indent by blanks, not tabs"
	return true
}

// line gives a line of the document; what is not there is empty.
func (s *spot) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	return strings.TrimRight(s.lines[number-1], "\r")
}

var valued = regexp.MustCompile(`^\s*(?:- +)*(?:[^\s'"][^:'"]*: +)?(.*?)(?: +#.*)?$`)

// value is what a line says of its key, and the column where that begins.
func (s *spot) value(number int) (value string, column int) {
	line := s.line(number)
	m := valued.FindStringSubmatchIndex(line)
	if m == nil {
		return "", 0
	}
	return line[m[2]:m[3]], m[2] + 1
}

func inQuotes(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

// unquoted is a value that begins with a sign that YAML has a use for.
func (s *spot) unquoted() bool {
	value, _ := s.value(s.bad.line)
	if value == "" {
		return false
	}
	s.bad.hint = "put it in quotes: " + inQuotes(value)
	return true
}

// colon is a value with a colon in it.
func (s *spot) colon() bool {
	value, _ := s.value(s.bad.line)
	return strings.Contains(value, ": ") && !strings.ContainsAny(value[:1], `'"[{`) && s.unquoted()
}

// bracket is a value that begins with a bracket and does not end with its
// counterpart. The library finds it wrong in that line or in one below.
func (s *spot) bracket() bool {
	for number := s.bad.line; number > 0; number-- {
		value, column := s.value(number)
		if value == "" || value[0] != '[' && value[0] != '{' {
			continue
		}
		closing := map[byte]string{'[': "]", '{': "}"}[value[0]]
		if strings.HasSuffix(value, closing) {
			return false
		}
		s.bad.line, s.bad.column = number, column
		s.bad.hint = fmt.Sprintf("close it with %s, or put it in quotes: %s", closing, inQuotes(value))
		return true
	}
	return false
}

// apostrophe is a quote that ends amid a word.
func (s *spot) apostrophe() bool {
	value, _ := s.value(s.bad.line)
	if !strings.HasPrefix(value, "'") {
		return false
	}
	s.bad.hint = `in single quotes a ' is written twice: 'it''s'`
	return true
}

// goesOn is a value in brackets or quotes behind which more follows.
func (s *spot) goesOn() bool {
	value, _ := s.value(s.bad.line)
	if value == "" || !strings.Contains(`[{'"`, value[:1]) {
		return false
	}
	s.bad.hint = "the value ends before the line does; put all of it in quotes: " + inQuotes(value)
	return true
}

// indentation is a line that is indented otherwise than those around it: the
// one that was found wrong, or the one below.
func (s *spot) indentation() bool {
	number := s.bad.line
	if next := s.filled(number, 1); strings.Contains(s.bad.message, "mapping value") && s.indent(next) > s.indent(number) {
		number = next
	}
	before := s.filled(number, -1)
	if before == 0 || s.indent(before) == s.indent(number) {
		return false
	}
	s.bad.line, s.bad.column = number, s.indent(number)+1
	s.bad.hint = fmt.Sprintf("the indentation differs from that of line %d", before+s.first)
	return true
}

// filled is the next line, in steps, that is neither empty nor a comment; 0
// when there is none.
func (s *spot) filled(number, step int) int {
	for number += step; number > 0 && number <= len(s.lines); number += step {
		if line := strings.TrimSpace(s.line(number)); line != "" && line[0] != '#' {
			return number
		}
	}
	return 0
}

func (s *spot) indent(number int) int {
	line := s.line(number)
	return len(line) - len(strings.TrimLeft(line, " "))
}
