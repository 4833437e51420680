package sigma

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// maxRegexp bounds the length of a regular expression, in bytes.
const maxRegexp = 8 << 10

// compile gives a regular expression its final form, in the syntax of RE2.
func (a *atom) compile() *problem {
	if len(a.value.Regexp) > maxRegexp {
		return wrong("", "the regular expression is longer than %d bytes", maxRegexp)
	}
	expr, bad := translate(a.value.Regexp)
	if bad != nil {
		return bad
	}
	if a.begin || a.end {
		expr = "(?:" + expr + ")"
	}
	if a.begin {
		expr = `\A` + expr
	}
	if a.end {
		expr += `\z`
	}
	if a.flags != "" {
		flags := []byte(a.flags)
		slices.Sort(flags)
		expr = "(?" + string(flags) + ")" + expr
	}
	if _, err := regexp.Compile(expr); err != nil {
		return refusedRegexp(err)
	}
	a.value.Regexp = expr
	return nil
}

// maxQuoted bounds how much of an expression a mistake quotes, in bytes.
const maxQuoted = 80

func refusedRegexp(err error) *problem {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return wrong("", "%s", err)
	}
	hint := ""
	switch e.Code {
	case syntax.ErrInvalidRepeatSize:
		hint = "repeat at most 1000 times, those of groups multiplied; for more use * or +"
	case syntax.ErrLarge, syntax.ErrNestingDepth:
		hint = "write several shorter ones as a list"
	case syntax.ErrMissingRepeatArgument:
		hint = `what stands for itself has a backslash before it: \*, \+, \?`
	case syntax.ErrUnexpectedParen, syntax.ErrMissingParen:
		hint = `a parenthesis that stands for itself has a backslash before it: \(, \)`
	case syntax.ErrMissingBracket:
		hint = `a bracket that stands for itself has a backslash before it: \[`
	}
	return wrong(hint, "regular expression: %s: %s", e.Code, finding.Clip(e.Expr, maxQuoted))
}

// translation rewrites a PCRE expression for RE2, which matches in linear
// time and for that has no constructs that look elsewhere or backwards.
type translation struct {
	in    string
	at    int // in bytes
	out   strings.Builder
	class bool // inside brackets
	open  int  // where the brackets' content begins
	// after a quantifier, where one more "+" would make it possessive
	quantified bool
	bad        *problem
}

// translate gives an expression that finds the same, or says which construct
// cannot be had.
func translate(expr string) (string, *problem) {
	t := translation{in: expr}
	if !utf8.ValidString(expr) {
		return "", wrong("", "the regular expression is not UTF-8")
	}
	for t.at < len(t.in) && t.bad == nil {
		if t.class {
			t.inClass()
		} else {
			t.outside()
		}
	}
	return t.out.String(), t.bad
}

func (t *translation) refuse(construct, hint string) {
	if hint == "" {
		hint = "regular expressions run in linear time, which leaves this out; say it by further fields, searches or not"
	}
	t.bad = wrong(hint, "regular expression: %s at character %d cannot be had", construct, utf8.RuneCountInString(t.in[:t.at])+1)
}

// copy takes n bytes as they are.
func (t *translation) copy(n int) {
	n = min(n, len(t.in)-t.at)
	t.out.WriteString(t.in[t.at : t.at+n])
	t.at += n
}

// replace writes s for n bytes.
func (t *translation) replace(n int, s string) {
	t.out.WriteString(s)
	t.at += n
}

func (t *translation) outside() {
	quantified := t.quantified
	t.quantified = false
	rest := t.in[t.at:]
	switch rest[0] {
	case '\\':
		t.escape(rest)
	case '[':
		t.bracket(rest)
	case '(':
		t.group(rest)
	case '+':
		if quantified {
			t.refuse("the possessive quantifier "+t.in[t.at-1:t.at+1], "")
			return
		}
		t.quantifier(1)
	case '*', '?':
		t.quantifier(1)
		t.quantified = t.quantified && !quantified // "+?" is lazy
	case '{':
		t.quantifier(counted(rest))
	default:
		t.copy(1)
	}
}

func (t *translation) quantifier(n int) {
	t.quantified = n > 0
	t.copy(max(n, 1))
}

var count = regexp.MustCompile(`^\{[0-9]+(,[0-9]*)?\}`)

// counted is the length of a quantifier such as {2,5}; 0 for a plain brace.
func counted(rest string) int { return len(count.FindString(rest)) }

func (t *translation) bracket(rest string) {
	n := 1
	if strings.HasPrefix(rest, "[^") {
		n++
	}
	t.copy(n)
	t.class, t.open = true, t.at
}

func (t *translation) inClass() {
	rest := t.in[t.at:]
	switch {
	case rest[0] == ']' && t.at > t.open:
		t.class = false
		t.copy(1)
	case rest[0] == '\\':
		t.escape(rest)
	case strings.HasPrefix(rest, "[:") && strings.Contains(rest, ":]"):
		t.copy(strings.Index(rest, ":]") + 2)
	case rest[0] == '[':
		t.replace(1, `\[`)
	default:
		t.copy(1)
	}
}

// groups are the constructs that begin with "(?" or "(*" and cannot be had.
var groups = []struct{ begin, name string }{
	{"(?=", "lookahead (?="}, {"(?!", "negative lookahead (?!"},
	{"(?<=", "lookbehind (?<="}, {"(?<!", "negative lookbehind (?<!"},
	{"(?>", "the atomic group (?>"}, {"(?|", "the branch reset (?|"},
	{"(?(", "the conditional (?("}, {"(?R", "recursion (?R"}, {"(?&", "the call of a group (?&"},
	{"(?P>", "the call of a group (?P>"}, {"(?P=", "the backreference (?P="}, {"(?C", "the callout (?C"},
	{"(*", "the verb (*"},
}

func (t *translation) group(rest string) {
	for _, g := range groups {
		if strings.HasPrefix(rest, g.begin) {
			t.refuse(g.name, "")
			return
		}
	}
	switch {
	case strings.HasPrefix(rest, "(?#"):
		t.replace(commentLength(rest), "")
	case strings.HasPrefix(rest, "(?'"):
		if name, _, ok := strings.Cut(rest[3:], "'"); ok {
			t.replace(len(name)+4, "(?P<"+name+">")
			return
		}
		t.copy(3)
	case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?P<") && !strings.HasPrefix(rest, "(?<"):
		t.flags(rest)
	default:
		t.copy(1)
	}
}

func commentLength(rest string) int {
	if i := strings.IndexByte(rest, ')'); i >= 0 {
		return i + 1
	}
	return len(rest)
}

// flags checks "(?i)", "(?i-s:" and the like.
func (t *translation) flags(rest string) {
	end := strings.IndexAny(rest, ":)")
	if end < 0 {
		t.copy(2)
		return
	}
	for _, c := range rest[2:end] {
		if strings.ContainsRune("imsU-", c) {
			continue
		}
		if c >= '0' && c <= '9' || c == '+' {
			t.refuse("the call of a group "+rest[:end], "")
		} else {
			t.refuse("the flag "+string(c)+" of "+rest[:end], "the flags are i, m and s")
		}
		return
	}
	t.copy(end + 1)
}
