package nginx

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// exactly is a regular expression for a text and nothing else. nginx's maps
// compare plain strings without regard to case, which we may not. A user
// agent of the longest length stands for all that begin with it.
func exactly(s block.Scope, text string) string {
	p := "^" + quote(text)
	if s == block.ScopeUserAgent && len(text) == block.MaxValue {
		return p
	}
	return p + `\z`
}

// What a path may hold, in an expression.
const (
	params  = `(?:;[^/]*)?`                        // of a segment
	nothing = `(?:/\.?;[^/]*)*`                    // segments that are none without their parameters
	ending  = `(?:/\.?;[^/]*|/)*\z`                // the same, or slashes, at the end
	honest  = `(?:\.{0,2}[^/;.][^/]*|\.{3,}[^/]*)` // a segment that is one without its parameters too
	below   = `(?:/(?:` + honest + `/)*` + honest + `?)?\z`
)

// routePattern is a regular expression for "METHOD /path" of the requests that
// a block, or an exemption, on a canonical route is on: see block.Request. No
// expression resolves dots that stand with parameters (/a/..;x/b): a block is
// not on what is behind them, but where the agent is asked, and an exemption
// is on no such path.
func routePattern(route string, exempt bool) string {
	method, path, ok := strings.Cut(route, " ")
	if !ok {
		method, path = "", route
	}
	var b strings.Builder
	b.WriteString("^")
	if method == "" {
		b.WriteString("[^ ]+")
	} else {
		b.WriteString(quote(method))
	}
	b.WriteString(" ")
	if exempt {
		exemptPath(&b, path)
	} else {
		blockedPath(&b, path)
	}
	return b.String()
}

func exemptPath(b *strings.Builder, path string) {
	for segment := range strings.SplitSeq(path[1:], "/") {
		switch segment {
		case "**":
			b.WriteString(below)
			return
		case "{}":
			b.WriteString("/" + honest)
		default:
			b.WriteString("/" + quote(segment))
		}
	}
	b.WriteString(`\z`)
}

func blockedPath(b *strings.Builder, path string) {
	switch path {
	case "/**":
		b.WriteString("/")
		return
	case "/":
		b.WriteString(nothing + ending)
		return
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(path[1:], "/"), "/") {
		switch segment {
		case "**":
			b.WriteString(`(?:/|\z)`)
			return
		case "{}":
			b.WriteString(nothing + "/[^/]+")
		default:
			b.WriteString(nothing + "/" + quote(segment) + params)
		}
	}
	b.WriteString(ending)
}

// quote escapes everything that may mean something to PCRE.
func quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < 0x80 && !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// token writes a parameter of nginx's configuration.
func token(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
