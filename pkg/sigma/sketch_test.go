package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// sketch writes a condition so that a test can say what it wants: searches
// vanish, And and Or become words.
func sketch(n Node) string {
	switch n := n.(type) {
	case And:
		return "(" + strings.Join(sketches(n), " and ") + ")"
	case Or:
		return "(" + strings.Join(sketches(n), " or ") + ")"
	case Not:
		return "not " + sketch(n.Node)
	case *Search:
		return sketch(n.Node)
	case *Item:
		return sketchItem(n)
	}
	return fmt.Sprintf("%T", n)
}

func sketches(nodes []Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, sketch(n))
	}
	return out
}

var (
	opSigns  = [...]string{Matches: "=", Regexp: "~", Within: "in", Less: "<", LessEqual: "<=", Greater: ">", GreaterEqual: ">=", Exists: "exists", Null: "is", SameAs: "=="}
	partSign = [...]string{"", ".minute", ".hour", ".day", ".week", ".month", ".year"}
)

func sketchItem(i *Item) string {
	var values []string
	for _, v := range i.Values {
		values = append(values, sketchValue(v))
	}
	link := ", "
	if i.All {
		link = " & "
	}
	s := fmt.Sprintf("%s%s %s %s", i.Field, partSign[i.Part], opSigns[i.Op], strings.Join(values, link))
	if i.Cased {
		s += " cased"
	}
	if i.Not {
		s = "!(" + s + ")"
	}
	return s
}

func sketchValue(v Value) string {
	switch v.Kind {
	case TextValue:
		if v.Written == "null" && v.Pattern == nil {
			return "null"
		}
		return fmt.Sprintf("%q", v.Pattern.String())
	case NumberValue:
		return fmt.Sprint(v.Number)
	case BoolValue:
		return fmt.Sprint(v.Bool)
	case RegexpValue:
		return "/" + v.Regexp + "/"
	case PrefixValue:
		return v.Prefix.String()
	}
	s := v.Field
	if v.AnyBefore {
		s = "*" + s
	}
	if v.AnyAfter {
		s += "*"
	}
	return s
}

// rule puts a detection into a rule, indented as it has to be.
func rule(detection string) Source {
	return Source{Name: "rule.yml", Data: []byte(`title: A rule
id: 11111111-1111-4111-8111-111111111111
description: For a test.
level: low
logsource:
    category: webserver
detection:
` + indent(strings.TrimPrefix(detection, "\n"), "    "))}
}

func indent(s, by string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(by + line)
	}
	return b.String()
}

// parseAll parses sources that are all right.
func parseAll(t testing.TB, o Options, sources ...Source) *Collection {
	t.Helper()
	c, mistakes := Parse(o, sources...)
	if len(mistakes) > 0 {
		t.Fatalf("refused:\n%v", mistakes)
	}
	checkInvariants(t, c)
	return c
}

// finds tells what a detection has become.
func finds(t testing.TB, detection, want string) {
	t.Helper()
	c := parseAll(t, Options{Placeholders: placeholders}, rule(detection))
	if got := sketch(c.Rules[0].Condition); got != want {
		t.Errorf("%s\nis   %s\nwant %s", detection, got, want)
	}
}

var placeholders = map[string][]string{
	"Servers": {"srv*"}, "Admins": {"root", "adm?"}, "nets": {"192.0.2.0/24", "2001:db8::/32"}, "limit": {"5"}, "empty": {},
}

// item tells what one item has become.
func item(t testing.TB, line, want string) {
	t.Helper()
	finds(t, "selection:\n"+indent(line, "    ")+"\ncondition: selection\n", want)
}

// refused tells the mistake in a detection.
func refused(t testing.TB, detection, want string) {
	t.Helper()
	c, mistakes := Parse(Options{Placeholders: placeholders}, rule(detection))
	if len(c.Rules) > 0 || !strings.Contains(mistakes.Error(), want) {
		t.Errorf("%s\nis told as %v\nwant %s", detection, mistakes, want)
	}
}

func refusedItem(t testing.TB, line, want string) {
	t.Helper()
	refused(t, "selection:\n"+indent(line, "    ")+"\ncondition: selection\n", want)
}
