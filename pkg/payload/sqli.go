package payload

import (
	"unsafe"

	"github.com/corazawaf/libinjection-go"
)

// maxSQL is the length to which libinjection looks at a value: what breaks out
// does so early.
const maxSQL = 4 << 10

// sqli finds SQL injection: by what only an injection says, or by libinjection's
// fingerprint together with a second sign.
func sqli(t *text) bool {
	return sqlFunctions(t) || sqlStatements(t) || sqlTautology(t) || fingerprint(t)
}

// fingerprint asks libinjection. Its shortest fingerprints are prose and
// formulas more often than not: "1 or 2", "max(price)", "10--20".
func fingerprint(t *text) bool {
	found, print := libinjection.IsSQLi(borrow(t.raw[:min(len(t.raw), maxSQL)]))
	if !found {
		return false
	}
	switch print {
	case "n&1", "n&n", "1&n", "1&1", "f(n)", "f(1)", "f(s)", "n&f(n", "f(n)k", "f(n)n", "f(n)o", "f(n,n", "f(n)&":
		return t.words("or", "and", "sleep", "having") && hasComparison(t.low) && breaksOut(t)
	case "1c", "nc", "sc", "s&s", "n&s", "s&n", "1&s", "sos", "so1", "son", "1os", "nos":
		return breaksOut(t) && (hasComparison(t.low) || endsInComment(t.low) || t.has("||"))
	}
	return t.signs&(strange|equals|dash|paren|semicolon) != 0
}

// breaksOut tells whether a text leaves the place it was put into: by a quote,
// a parenthesis that was not opened, or behind a number.
func breaksOut(t *text) bool {
	if startsNumber(t.low) || t.signs&strange != 0 && t.has("'", "\"", "`") {
		return true
	}
	depth := 0
	for _, c := range t.low {
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
	for len(v) > 0 && (isSpace(v[len(v)-1]) || v[len(v)-1] == '+' || v[len(v)-1] == '-' && len(v) > 2 && v[len(v)-2] == '-' && v[len(v)-3] == '-') {
		v = v[:len(v)-1]
	}
	n := len(v)
	return n > 0 && v[n-1] == '#' || n > 1 && (string(v[n-2:]) == "--" || string(v[n-2:]) == "/*")
}

// borrow makes a string of v without a copy, for a reader that keeps nothing.
func borrow(v []byte) string { return unsafe.String(unsafe.SliceData(v), len(v)) }
