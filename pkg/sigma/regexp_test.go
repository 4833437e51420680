package sigma

import (
	"regexp"
	"strings"
	"testing"
)

func TestTranslate(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, bad := translate(in)
		if bad != nil {
			t.Errorf("%s: %s", in, bad.message)
			return
		}
		if _, err := regexp.Compile(got); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", in, got, want, err)
		}
	}
	// What RE2 has as PCRE does.
	for _, same := range []string{
		`.^$a*b+c?`, `a{2,5}b{3}c{4,}`, `[a-z][^a-z]`, `a|b`, `(a)(?:b)`, `a+?b*?c??d{2}?`, `\/\"\'\-\.\\`, `(?i)a(?-i)b(?s:c)`,
		`\$\{?x`, `\d\D\w\W\b\B`, `\Aa\z`, `(?P<n>a)`, `(?<n>a)`, `\x{1F600}`, `\p{L}\pL`, `\012\0`, `[]a]`, `[^]a]`, `[[:alpha:]-]`, `a{,3}`, `a{x`, `\++`, `\\+`,
		`[+]+`, `(?i)\$\{`, `}]`, ``, `[\w-\.]`, `\_`, `[a\]b]`,
	} {
		f(same, same)
	}
	// What is put in other words.
	f(`a\sb`, `a[\t-\r ]b`)
	f(`[\s\S]`, `[\t-\r \x00-\x08\x0e-\x1f!-\x{10ffff}]`)
	f(`\S\h\N`, `[`+notSpace+`][\t \x{a0}][\x00-\t\x0b-\x{10ffff}]`)
	f(`\R\Z\e\cA`, `(?:\r\n|[`+vertical+`])\n?\z\x1b\x01`)
	f(`[\b]`, `[\x08]`)
	f(`[[a]`, `[\[a]`)
	f(`\x41\xA\x`, `\x{41}\x{A}\x{0}`)
	f(`\u00e9`, `\x{00e9}`)
	f(`\–`, `–`)
	f(`\Qa.b\E+`, `a\.b+`)
	f(`(?#comment)a`, `a`)
	f(`(?'n'a)`, `(?P<n>a)`)
}

func TestTranslatedSpaceHasTheVerticalTab(t *testing.T) {
	expr, _ := translate(`union\sselect`)
	if !regexp.MustCompile(expr).MatchString("union\vselect") {
		t.Error("a vertical tab is no space")
	}
}

func TestRefusedRegularExpressions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		a := atom{op: Regexp, value: Value{Kind: RegexpValue, Regexp: expr}}
		bad := a.compile()
		if bad == nil || !strings.Contains(bad.message+" ("+bad.hint+")", want) {
			t.Errorf("%s: %+v, want %s", expr, bad, want)
		}
	}
	f(`é(?=b)`, `lookahead (?= at character 2 cannot be had (regular expressions run in linear time`)
	f(`a(?!b)`, `negative lookahead (?! at character 2`)
	f(`(?<=a)b`, `lookbehind (?<= at character 1`)
	f(`(?<!a)b`, `negative lookbehind (?<!`)
	f(`(?>a)`, `the atomic group (?>`)
	f(`(a)\1`, `the backreference \1 at character 4`)
	f(`(?P<n>a)(?P=n)`, `the backreference (?P=`)
	f(`(?<n>a)\k<n>`, `the backreference \k`)
	f(`a++`, `the possessive quantifier ++ at character 3`)
	f(`a{2}+`, `the possessive quantifier }+`)
	f(`a*+`, `the possessive quantifier *+`)
	f(`(?R)`, `recursion (?R`)
	f(`(?1)`, `the call of a group (?1`)
	f(`(?(1)a|b)`, `the conditional (?(`)
	f(`(*FAIL)`, `the verb (*`)
	f(`(?x)a b`, `the flag x of (?x at character 1 cannot be had (the flags are i, m and s)`)
	f(`\Ka`, `\K, which moves the begin`)
	f(`C:\Users`, `the escape \U at character 3 cannot be had (a backslash that stands for itself is written \\)`)
	f(`a\`, `a backslash at the end escapes nothing`)
	f(`(a`, `missing closing )`)
	f(`a)`, `unexpected )`)
	f(`[a`, `missing closing ]`)
	f(`*a`, `missing argument to repetition operator: * (what stands for itself`)
	f(`a{1001}`, `invalid repeat count: {1001} (repeat at most 1000 times`)
	f(`((a{100}){100}){100}`, `repeat at most 1000 times`)
	f(strings.Repeat("a", maxRegexp+1), `longer than 8192 bytes`)
	f("a\xff", `not UTF-8`)
}
