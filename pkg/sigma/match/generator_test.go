package match

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// generator makes rules, as the text that people write, and events that have a
// fair chance to be found by them.
type generator struct {
	*rand.Rand
	words  []string // of which texts are made
	fields []string
}

func newGenerator(seed uint64) *generator {
	return &generator{
		Rand: rand.New(rand.NewPCG(seed, 7)),
		words: []string{
			"a", "b", "K", "k", "\u212a", "ſ", "s", "ß", "Ä", "ä", "é", "İ", "/", ".", "..", "/etc/passwd", "admin", "Login",
			"%41", "%2561", "%3Cscript%3E", "<script>", "' or '1'='1", "$", "{", "union", "select", " ", "+", "  ", "=", "&", "?", "*", "\\",
			"1", "20", "404", "GET", "POST", "nikto", "Mozilla/5.0", "http", "x.php", "&lt;", "/*x*/",
		},
		fields: []string{
			"path", "query", "target", "url", "extension", "request", "cs-uri-query", "cs-uri-stem", "c-uri", "cs-user-agent",
			"c-useragent", "cs-referer", "cs-host", "cs-method", "sc-status", "sc-bytes", "c-ip", "cs-username", "cs-version",
			"forwarded_for", "tags", "cs-cookie", "no-such-field", "session", "attack", "attack.query", "gateway", "kind", "time-taken",
			"quality", "date",
		},
	}
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// text joins up to n words.
func (g *generator) text(n int) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteString(pick(g, g.words))
	}
	return b.String()
}

// quoted writes text as YAML.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}

// value writes a value for the modifiers.
func (g *generator) value(modifiers string) string {
	switch {
	case strings.Contains(modifiers, "cidr"):
		return pick(g, []string{"192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "::ffff:192.0.2.0/121", "192.0.2.7/32"})
	case strings.Contains(modifiers, "|re"):
		return quoted(pick(g, []string{`ad.in`, `(?i)K\w?`, `^/`, `[0-9]{2,}`, `(union|select)`, `s$`, `.`, `(a|b|)`, `ß|Ä`, `\.php\b`, `(etc/passwd|login)+`, `x?y*`, `k(nown|s)`}))
	case strings.Contains(modifiers, "t"+"e") || strings.Contains(modifiers, "gt") || strings.Contains(modifiers, "lt"):
		return pick(g, []string{"0", "20", "403.5", "404", "1000"})
	case strings.Contains(modifiers, "fieldref"):
		return pick(g, g.fields[:len(g.fields)-4])
	case strings.Contains(modifiers, "exists"):
		return pick(g, []string{"true", "false"})
	}
	switch g.IntN(12) {
	case 0:
		return pick(g, []string{"404", "20", "1"})
	case 1:
		return pick(g, []string{"sqli", "xss", "access", "no_bytes", "2025-10-*", "'0.5'"})
	}
	return quoted(g.text(3))
}

// item writes a field with its values.
func (g *generator) item(indent string) string {
	if g.IntN(14) == 0 {
		return indent + "time|" + pick(g, []string{"hour: 3", "hour|gte: 12", "day: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "month|neq: 4"})
	}
	modifiers := pick(g, []string{
		"", "", "|contains", "|contains", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq", "|contains|neq",
		"|re", "|re|i", "|re|neq", "|cidr", "|gt", "|lte", "|exists", "|fieldref", "|fieldref|contains", "|contains|windash",
		"|wide|base64offset|contains", "|fieldref|neq",
	})
	field := pick(g, g.fields)
	if modifiers == "" && g.IntN(8) == 0 {
		return indent + field + ": null"
	}
	if strings.Contains(modifiers, "base64") {
		return indent + field + modifiers + ": " + quoted("union"+pick(g, []string{"", "é", " select", "K"})+"x")
	}
	if strings.Contains(modifiers, "exists") || g.IntN(2) == 0 {
		return indent + field + modifiers + ": " + g.value(modifiers)
	}
	if g.IntN(4) == 0 && !strings.Contains(modifiers, "neq") {
		modifiers += "|all"
	}
	return indent + field + modifiers + ":" + g.list(indent, modifiers)
}

func (g *generator) list(indent, modifiers string) string {
	var b strings.Builder
	for range 2 + g.IntN(3) {
		b.WriteString("\n" + indent + "    - " + g.value(modifiers))
	}
	return b.String()
}

// search writes a search: a map, a list of maps, or keywords.
func (g *generator) search(name string) string {
	head := "    " + name + ":\n"
	switch g.IntN(8) {
	case 0:
		return head + "        - " + quoted(g.text(2)+"k") + "\n        - " + quoted("1"+g.text(1)) + "\n"
	case 1:
		return head + "        '|all':\n            - " + quoted(g.text(1)+"a") + "\n            - " + pick(g, []string{"20", "404", quoted("/")}) + "\n"
	case 2:
		return head + "        -" + g.item("          ")[9:] + "\n        -" + g.item("          ")[9:] + "\n"
	}
	return head + g.items()
}

// items writes items of different keys.
func (g *generator) items() string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 1 + g.IntN(3) {
		item := g.item("        ")
		key, _, _ := strings.Cut(item, ":")
		if !seen[key] {
			b.WriteString(item + "\n")
		}
		seen[key] = true
	}
	return b.String()
}

// condition writes a condition over searches.
func (g *generator) condition(names []string, depth int) string {
	if depth == 0 {
		return pick(g, names)
	}
	switch g.IntN(7) {
	case 0:
		return "not " + g.condition(names, depth-1)
	case 1, 2:
		return "(" + g.condition(names, depth-1) + " and " + g.condition(names, depth-1) + ")"
	case 3:
		return "(" + g.condition(names, depth-1) + " or " + g.condition(names, depth-1) + ")"
	case 4:
		return "(" + g.condition(names, depth-1) + " and not " + g.condition(names, depth-1) + ")"
	case 5:
		return pick(g, []string{"1 of them", "all of them", "1 of s*", "all of s*"})
	}
	return pick(g, names)
}

// rule writes a whole rule.
func (g *generator) rule() string {
	names := []string{"s1", "s2", "t3"}[:1+g.IntN(3)]
	var b strings.Builder
	fmt.Fprintf(&b, "title: Rule\nstatus: test\nlogsource:\n    category: %s\ndetection:\n", pick(g, []string{"webserver", "proxy"}))
	for _, name := range names {
		b.WriteString(g.search(name))
	}
	all := strings.Join(names, " or ")
	fmt.Fprintf(&b, "    condition:\n        - %s\n        - (%s) and %s\n", g.condition(names, 2), all, g.condition(names, 1))
	return b.String()
}

// fill adds rows to a batch; some columns end before the batch does.
func (g *generator) fill(b *event.Batch, rows int) {
	b.Gateway, b.Format = "edge", "combined"
	b.Kind, b.Direction = event.Kind(g.IntN(4)/3), event.Direction(g.IntN(6)/5)
	short := g.IntN(2) * rows / 2
	for row := range rows {
		g.row(b, row >= short)
		b.EndRow()
	}
}

func (g *generator) row(b *event.Batch, all bool) {
	set := func(f event.TextField, v string) {
		if g.IntN(5) > 0 {
			b.SetString(f, v)
		}
	}
	set(event.Method, pick(g, []string{"GET", "POST", "get", "PUT", "\xff"}))
	set(event.Path, "/"+g.bytes(4))
	set(event.Query, g.bytes(4))
	set(event.Protocol, pick(g, []string{"HTTP/1.1", "HTTP/1.0"}))
	set(event.UserAgent, g.bytes(3))
	b.SetNumber(event.Status, pick(g, []int64{200, 404, 20, 0, 5000, -4, event.Unknown}))
	if !all {
		return
	}
	set(event.Host, pick(g, []string{"a.b", "192.0.2.7", "Kk", g.bytes(2)}))
	set(event.Referer, g.bytes(3))
	set(event.User, g.bytes(1))
	set(event.ForwardedFor, pick(g, []string{"192.0.2.7, 10.1.1.1", "2001:db8::1", "unknown", "%31"}))
	set(event.Tags, pick(g, []string{"a, b", "admin", ",,k"}))
	set(event.Session, g.bytes(1))
	b.SetAddr(event.ClientAddress, netip.MustParseAddr(pick(g, []string{"192.0.2.7", "10.0.0.1", "2001:db8::2", "::ffff:192.0.2.1"})))
	b.SetNumber(event.ResponseBytes, pick(g, []int64{0, 20, 404, 1 << 40}))
	b.SetNumber(event.Duration, int64(g.IntN(3))*500_000)
	b.SetNumber(event.Time, g.Int64N(2_000_000_000)*1e9)
	b.Flag(event.Flags(g.IntN(8)))
}

// bytes is text that may hold what is no UTF-8.
func (g *generator) bytes(n int) string {
	s := g.text(n)
	if g.IntN(10) == 0 {
		s += pick(g, []string{"\xff", "\xc3", "\xe2\x84", "\xe9\x00", "\x00"}) + pick(g, g.words)
	}
	if g.IntN(300) == 0 {
		s = strings.Repeat(s+"x", 1+3000/(len(s)+1))
	}
	return s
}
