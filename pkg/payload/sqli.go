package payload

import (
	"bytes"
	"unsafe"

	"github.com/corazawaf/libinjection-go"
)

// maxSQL is the length to which libinjection looks at a value: what breaks out
// does so early.
const maxSQL = 4 << 10

// sqli finds SQL injection: by what only an injection says, or by libinjection's
// fingerprint together with a second sign.
func sqli(t *text) bool {
	return sqlFunctions(t) || sqlStatements(t) || sqlTautology(t) || cutOff(t) || emptyQuotes(t.low) || fingerprint(t)
}

// cutOff finds a quote with a comment directly behind it, admin'--, or a clause
// that ends in one.
func cutOff(t *text) bool {
	v, found := withoutComment(t.low)
	if !found {
		return false
	}
	v = bytes.TrimRight(v, " )")
	if clauseFirst(v) {
		return true
	}
	n := len(v)
	return n > 0 && (v[n-1] == '\'' || v[n-1] == '"') && (n == 1 || isWord(v[n-2]))
}

// emptyQuotes tells whether v calculates with what is around it, '-', so that a
// comparison holds.
func emptyQuotes(v []byte) bool {
	if len(v) != 3 || v[0] != v[2] || v[0] != '\'' && v[0] != '"' {
		return false
	}
	return bytes.IndexByte([]byte("-+*&|^=%"), v[1]) >= 0
}

// clauseFirst tells whether v begins with what goes on where a value ended.
func clauseFirst(v []byte) bool {
	v = skip(v, isClosing)
	return prefixed(v, "or ", "and ", "order by ", "group by ", "having ", "union ", "where ")
}

// fingerprint asks libinjection. Its shortest fingerprints are prose and
// formulas more often than not: "1 or 2", "max(price)", "10--20".
func fingerprint(t *text) bool {
	if !couldBeSQL(t) {
		return false
	}
	found, print := libinjection.IsSQLi(borrow(t.raw[:min(len(t.raw), maxSQL)]))
	if !found {
		return false
	}
	if isFilter(t) {
		return false
	}
	switch print {
	case "n&1", "n&n", "1&n", "1&1", "f(n)", "f(1)", "f(1)n", "f(s)", "n&f(n", "f(n)k", "f(n)n", "f(n)o", "f(n,n", "f(n)&":
		return t.words("or", "and", "sleep", "having") && hasComparison(t.low) && breaksOut(t)
	case "1c", "nc", "sc", "s&s", "n&s", "s&n", "1&s", "sos", "so1", "son", "1os", "nos":
		return breaksOut(t) && (hasComparison(t.low) || endsInComment(t.low) || t.has("||"))
	}
	if t.words("union", "select", "sleep", "benchmark", "waitfor", "insert", "drop", "exec", "database", "version", "concat", "char", "chr", "user") {
		return t.signs&(strange|equals|dash|paren|semicolon) != 0 && (breaksOut(t) || print[0] != 'n')
	}
	return breaksOut(t) && (hasComparison(t.low) || endsInComment(t.low) || t.has("||", "&&", "' ;", "';", "\";", "');") || startsNumber(t.low) && t.words("or", "and", "order", "like", "is"))
}

// isFilter tells whether a text is an expression by itself, as people put it
// into the filters of maps, tickets and catalogues: name like '%x%' and size > 5.
// It begins with a name, leaves nothing, and cuts nothing off.
func isFilter(t *text) bool {
	return isLetter(t.low[0]) && quotesWell(t.low) && t.signs&semicolon == 0 && !endsInComment(t.low) && !closesMore(t.low) &&
		!t.words("union", "select", "sleep", "benchmark", "waitfor")
}

// quotesWell tells whether the quotes in v open and close as around the strings
// of an expression, never in the middle of a word.
func quotesWell(v []byte) bool {
	for i := 0; i < len(v); i++ {
		if v[i] != '\'' && v[i] != '"' {
			continue
		}
		if i > 0 && (isWord(v[i-1]) || v[i-1] == '%') {
			return false
		}
		size := bytes.IndexByte(v[i+1:], v[i])
		if size < 0 {
			return false
		}
		if i += size + 1; i+1 < len(v) && isWord(v[i+1]) {
			return false
		}
	}
	return true
}

// couldBeSQL tells whether a text holds an operator, a call, a comment or a word
// of SQL: libinjection finds nothing without, and is dear.
func couldBeSQL(t *text) bool {
	return t.signs&(equals|paren|semicolon) != 0 || t.has("@@", "--", "#", "/*", "|", "&", "<", ">", "^", "*") ||
		t.words("or", "and", "xor", "union", "select", "like", "in", "is", "div", "mod", "not", "having", "order", "group", "limit", "into",
			"between", "rlike", "regexp", "where", "from")
}

// breaksOut tells whether a text leaves the place it was put into: by a quote,
// a parenthesis that was not opened, or behind a number.
func breaksOut(t *text) bool {
	if startsNumber(t.low) || t.signs&strange != 0 && t.has("'", "\"", "`") {
		return true
	}
	return closesMore(t.low)
}

// closesMore tells whether a parenthesis closes in v that was not opened there.
func closesMore(v []byte) bool {
	depth := 0
	for _, c := range v {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return true
			}
		}
	}
	return false
}

func startsNumber(v []byte) bool {
	v = skip(v, func(c byte) bool { return c == '-' || c == ' ' || c == '(' })
	return len(v) > 0 && isDigit(v[0])
}

// hasComparison tells whether a text compares: = < > or like.
func hasComparison(v []byte) bool {
	for _, c := range v {
		if c == '=' || c == '<' || c == '>' {
			return true
		}
	}
	return wordIndex(v, "like") >= 0 || wordIndex(v, "between") >= 0
}

// endsInComment tells whether what follows the text in a query would be cut off.
func endsInComment(v []byte) bool {
	_, found := withoutComment(v)
	return found
}

// withoutComment takes the comment off that v ends in: #, /*, --, and the signs
// that people put behind the last, because it needs a space there.
func withoutComment(v []byte) (rest []byte, found bool) {
	v = bytes.TrimRight(v, " +;\x00")
	for _, mark := range [...]string{"#", "/*", "-- -", "---", "--"} {
		if rest, found = bytes.CutSuffix(v, []byte(mark)); found {
			return rest, true
		}
	}
	return v, false
}

// borrow makes a string of v without a copy, for a reader that keeps nothing.
func borrow(v []byte) string { return unsafe.String(unsafe.SliceData(v), len(v)) }
