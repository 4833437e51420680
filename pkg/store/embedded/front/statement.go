package front

import (
	"slices"
	"strings"
)

// statement is how a text is to be run.
type statement struct {
	text   string // what the engine gets; of an insert, without FORMAT and data
	insert bool   // takes data
	stream bool   // its result may be fetched piece by piece
	reads  bool   // begins as a statement that only reads
	infile bool   // an insert of a file on the server
	format string // of the data of an insert, or the FORMAT clause of a query
	data   string // inline data of an insert
}

// parseStatement routes a text.
func parseStatement(text string) statement {
	lex := &lexer{text: text}
	first, ok := lex.next()
	if !ok {
		return statement{text: text}
	}
	switch {
	case first.word == "INSERT":
		return parseInsert(text, lex)
	case first.word == "SELECT" || first.word == "WITH" || text[first.start] == '(':
		return statement{text: text, stream: true, reads: true, format: formatClause(text)}
	}
	return statement{text: text, reads: slices.Contains(readers, first.word), format: formatClause(text)}
}

// readers are the words that statements which read may begin with, besides SELECT.
var readers = []string{"FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"}

// formatClause finds the name in a trailing FORMAT clause.
func formatClause(text string) string {
	lex := &lexer{text: text}
	name := ""
	for prev, tok := (token{}), (token{}); ; prev = tok {
		var ok bool
		if tok, ok = lex.next(); !ok {
			return name
		}
		if prev.word == "FORMAT" && prev.depth == 0 && tok.word != "" {
			name = text[tok.start:tok.end]
		}
	}
}

// parseInsert finds where the statement ends and its data begins. An INSERT
// that selects its rows is run like any other statement.
func parseInsert(text string, lex *lexer) statement {
	ended := insertTarget(lex)
	for afterDot := false; !ended; {
		tok, ok := lex.next()
		if !ok {
			break
		}
		if tok.depth > 0 || afterDot {
			afterDot = false
			continue
		}
		afterDot = text[tok.start] == '.'
		switch tok.word {
		case "FORMAT":
			return insertFormat(text, tok, lex)
		case "VALUES":
			return statement{text: text[:tok.start], insert: true, format: "Values", data: text[tok.end:]}
		case "SELECT", "WITH", "WATCH", "EXPLAIN":
			return statement{text: text}
		case "FROM":
			return statement{text: text, infile: true}
		}
	}
	return statement{text: strings.TrimRight(text, "; \t\r\n"), insert: true, format: "Values"}
}

// insertTarget moves over INTO, TABLE and the name of the table, which may be
// any word. It reports whether the text ended there.
func insertTarget(lex *lexer) bool {
	tok, ok := lex.next()
	for ok && (tok.word == "INTO" || tok.word == "TABLE" || tok.word == "FUNCTION") {
		tok, ok = lex.next()
	}
	return !ok
}

// insertFormat splits off FORMAT name and the data behind it: the data begins
// on the next line, or behind the blanks that follow the name.
func insertFormat(text string, format token, lex *lexer) statement {
	name, ok := lex.next()
	if !ok || name.word == "" {
		return statement{text: text}
	}
	data := strings.TrimLeft(text[name.end:], " \t\r")
	data = strings.TrimPrefix(data, ";")
	data = strings.TrimPrefix(strings.TrimPrefix(data, "\r"), "\n")
	return statement{text: text[:format.start], insert: true, format: text[name.start:name.end], data: data}
}
