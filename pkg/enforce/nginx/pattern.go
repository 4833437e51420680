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

// routePattern is a regular expression for "METHOD /path" of the requests on a
// canonical route.
func routePattern(route string) string {
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
	if path == "/**" {
		b.WriteString("/")
		return b.String()
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		switch segment {
		case "**":
			b.WriteString(`(?:/|\z)`)
			return b.String()
		case "{}":
			b.WriteString("/[^/]+")
		default:
			b.WriteString("/" + quote(segment))
		}
	}
	return b.String() + `\z`
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
