package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// Limits are told, whatever is in the way; nothing is too deep or too much to
// be refused.
func TestLimits(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		c, mistakes := Parse(Options{}, Source{"big.yml", []byte(text)}, rule("selection:\n    a: 1\ncondition: selection\n"))
		checkInvariants(t, c)
		if got := mistakes.Error(); !strings.Contains(got, want) || len(c.Rules) != 1 || len(mistakes) > maxListed {
			t.Errorf("%s: %.300s\nwant %s", name, got, want)
		}
	}
	detection := func(s string) string { return string(rule(s).Data) }
	list := func(n int, line string) string { return strings.Repeat(line, n) }
	f("10 MB", "title: "+strings.Repeat("x", 10<<20), "the file is larger than 8 MiB")
	f("document", "title: "+strings.Repeat("x", 2<<20), "big.yml:1:1: the document is larger than 1024 KiB")
	f("documents", list(20_000, "---\n"), "more than 10000 documents")
	f("values", detection("selection:\n    a: ["+list(100_000, "x,")+"x]\ncondition: selection\n"), "the document has more than 50000 values")
	f("keys", detection("selection:\n"+numbered(20_000, "    k%d: x\n")+"condition: selection\n"), "the document has more than 10000 keys")
	f("brackets", "a: "+list(100_000, "["), "values are nested more than 64 deep")
	f("braces", "a: "+list(100_000, "{b: "), "values are nested more than 64 deep")
	f("entries", "a:\n  "+list(100_000, "- "), "values are nested more than 64 deep")
	f("keys in keys", list(100_000, "? "), "values are nested more than 64 deep")
	f("tags", "a: "+list(100_000, "!t "), "values are nested more than 64 deep")
	f("anchors", "a: "+list(50_000, "&a "), "values are nested more than 64 deep")
	f("anchors in lines", "a:\n"+list(50_000, " &a\n"), "values are nested more than 64 deep")
	f("indentation", staircase(300), "values are nested more than 64 deep")
	f("bomb", bomb(), "the document has more than 50000 values")
	f("alias of itself", "a: &a\n  b: *a\n", "nothing before has the anchor &a")
	f("parentheses", detection("selection:\n    a: 1\ncondition: "+list(100, "(")+"selection"+list(100, ")")+"\n"), "parentheses are nested more than 64 deep")
	f("condition", detection("selection:\n    a: 1\ncondition: selection"+list(5_000, " or selection")+"\n"), "a condition is longer than 16384 bytes")
	f("of", detection(numbered(1_000, "s%d: {a: 1}\n")+"condition: 1 of them"+list(1_000, " or 1 of s*")+"\n"), "the condition looks at more than 400000 values")
	f("variants", detection("selection:\n    a|windash:\n"+list(100, "    - '-a -b -c -d -e'\n")+"condition: selection\n"), "the modifiers make more than 100000 values")
	f("mistakes", detection("selection:\n    a|gt:\n"+list(1_000, "    - x\n")+"condition: selection\n"), "the document has more mistakes, which are not told")
	f("references", "title: x\ncorrelation:\n    type: temporal\n    timespan: 1h\n    rules:\n"+numbered(4_000, "    - r%d\n"), "which are not told")
	f("expression", detection("selection:\n    a|re: "+list(2_000, "(")+list(2_000, ")")+"\ncondition: selection\n"), "expression nests too deeply: "+list(80, "(")+" (write several")
	f("zero byte", "title: x\nlevel: \x00\n", "big.yml:2:1: the line is not UTF-8 text")
	f("other text", "title: x\nlevel: \xff\n", "big.yml:2:1: the line is not UTF-8 text (save the file as UTF-8)")
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// bomb doubles what an alias stands for forty times.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String()
}

// A document at the limits is read.
func TestManyValuesAreRead(t *testing.T) {
	c := parseAll(t, Options{}, rule("selection:\n    a|contains:\n"+numbered(40_000, "    - value%d\n")+"condition: selection\n"))
	if n := len(c.Rules[0].Condition.(*Search).Node.(*Item).Values); n != 40_000 {
		t.Errorf("%d values", n)
	}
}
