package match

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// expressionsOfTest ask for everything that expressions can ask for.
var expressionsOfTest = []string{
	`a`, `^a`, `a$`, `^a$`, `^$`, `^`, `a*`, `^a*$`, `^(?:ab?|b)$`, `(?i)Ab`, `(?i)ks`, `(?i)^K+$`, `[^a]b`, `^[^a]`, `.`, `^.$`, `(?s)^.$`,
	`a.b`, `a.*b`, `a.*?b$`, `(?s)a.*b`, `\ba`, `a\b`, `\Ba`, `\bab\b`, `(?m)^a`, `(?m)b$`, `(?m)^$`, `\Aa`, `b\z`, `(?m)a$\n^b`, `(?:^|/)a`,
	`a{2,3}b`, `^a{0,2}$`, `/[0-9]{1,19}(?:/[a-z][a-zA-Z_-]*)?/?$`, `(?i)/(?:ab|ba.*|k.*)/?$`, `(?i)\.(?:a|ab|b)$`, `\x{212a}`, `[^\x00-\x7f]`, `(?:a|ab)(?:b|/)`,
	`a{30}`, `(?:a|)(?:b|)$`, `\W`, `^\w+$`, `a\n?b`,
}

func madeText(random *rand.Rand) []byte {
	pieces := []string{"a", "b", "A", "B", "k", "S", "/", ".", "\n", " ", "-", "0", "17", "ab", "aa", "\u212a", "\u017f", "\xff", "é"}
	var text strings.Builder
	for range random.IntN(8) {
		most := len(pieces)
		if random.IntN(4) > 0 {
			most -= 4
		}
		text.WriteString(pieces[random.IntN(most)])
	}
	return []byte(text.String())
}

// A dfa says of each text of ASCII what the expressions say.
func TestDFASaysWhatExpressionsSay(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 7))
	for range 400 {
		var all []*regexp.Regexp
		for range 1 + random.IntN(3) {
			all = append(all, regexp.MustCompile(expressionsOfTest[random.IntN(len(expressionsOfTest))]))
		}
		d := newDFA(all)
		if d == nil {
			t.Fatalf("%v: no dfa", all)
		}
		for range 200 {
			text := madeText(random)
			want := slices.ContainsFunc(all, func(re *regexp.Regexp) bool { return re.Match(text) })
			switch got := d.judge(text); {
			case got == isForeign && isASCII(text):
				t.Fatalf("%v in %q: foreign", all, text)
			case got != isForeign && (got == isFound) != want:
				t.Fatalf("%v in %q: %v, want %v", all, text, !want, want)
			}
		}
	}
}

func isASCII(v []byte) bool {
	return !slices.ContainsFunc(v, func(c byte) bool { return c >= 0x80 })
}

// What would have too many states has no dfa.
func TestDFAIsBounded(t *testing.T) {
	for _, text := range []string{`a.{0,200}b`, `a[^b]{30}c`, `[ab]*a[ab]{19}$`} {
		if d := newDFA([]*regexp.Regexp{regexp.MustCompile(text)}); d != nil {
			t.Errorf("%s has a table of %d", text, len(d.next))
		}
	}
}

// Expressions that need a table each get several, or none.
func TestExpressionsShareTables(t *testing.T) {
	f := func(want int, texts ...string) {
		t.Helper()
		var all []*regexp.Regexp
		for _, text := range texts {
			all = append(all, regexp.MustCompile(text))
		}
		tests := newExpressions(nil, all)
		if len(tests) != want {
			t.Errorf("%q are %d tests, want %d", texts, len(tests), want)
		}
	}
	f(0)
	f(1, `a`)
	f(1, `a`, `/b.*$`, `/c.*$`)
	f(2, `a.{0,200}b`, `a`)
	f(3, `a`, `b`, `c`, `a.{0,200}b`)
}

// Alternatives that end alike go on together, so that there are few states.
func TestAlikePlacesAreOne(t *testing.T) {
	var texts []string
	for c := 'a'; c <= 'z'; c++ {
		texts = append(texts, "/"+strings.Repeat(string(c), 3)+"/.*")
	}
	d := newDFA([]*regexp.Regexp{regexp.MustCompile(`(?:` + strings.Join(texts, "|") + `)/?$`)})
	if d == nil || len(d.next) > 10_000 {
		t.Fatal("there is no dfa, or a large one")
	}
}
