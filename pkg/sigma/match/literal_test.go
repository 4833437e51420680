package match

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

func TestLiteralsOfExpressions(t *testing.T) {
	f := func(re, want string) {
		t.Helper()
		if got := fmt.Sprint(ofExpression(re)); got != want {
			t.Errorf("%s: %s, want %s", re, got, want)
		}
	}
	f(`abc`, "[[abc]]")
	f(`ABC`, "[[abc]]")
	f(`abc.*def`, "[[abc] [def]]")
	f(`(abc|def)+x`, "[[abc def] [x]]")
	f(`(abc|)x`, "[[x]]")
	f(`abc?`, "[[ab]]")
	f(`(?:abc){2,}`, "[[abc] [abc]]")
	f(`(?:abc){0,2}`, "[]")
	f(`größe`, "[[gr] [e]]")
	f(`(?i)disk`, "[[disk di\u017fk dis\u212a di\u017f\u212a]]") // k and s stand for signs that are not ASCII too
	f(`(?i)tasks-risk`, "[[ta] [-ri]]")
	f(`[a-z]+`, "[]")
	f(`.*`, "[]")
}

func TestWhatExpressionsFindHoldsTheirLiterals(t *testing.T) {
	g := newGenerator(1)
	expressions := []string{`(?i)ad.in|K`, `(?i)s|ak`, `(?i)k+s`, `s(k|ß)+`, `/(etc|admin).`, `(?i)login\.?`, `[0-9]{2}4`, `(?s).a`, `un(?:ion)? ?select`, `\$|\{`}
	for range 5000 {
		text, expression := g.bytes(4), pick(g, expressions)
		if !regexp.MustCompile(expression).MatchString(text) {
			continue
		}
		if len(text) < leastOf(expression) {
			t.Fatalf("%s finds %q, which is shorter than %d", expression, text, leastOf(expression))
		}
		folded := string(appendFolded(nil, []byte(text)))
		for _, set := range ofExpression(expression) {
			if !containsAny(folded, set) {
				t.Fatalf("%s finds %q, which holds none of %v", expression, text, set)
			}
		}
	}
}

func containsAny(s string, set literals) bool {
	for _, literal := range set {
		if strings.Contains(s, literal) {
			return true
		}
	}
	return false
}

func TestDemands(t *testing.T) {
	f := func(detection, want string) {
		t.Helper()
		r := parse(t, ruleOf(detection))[0]
		var got []string
		for _, trigger := range demandOf(r.Condition) {
			got = append(got, fmt.Sprintf("%v:%s", trigger.lane, trigger.literal))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s demands %q, want %q", detection, s, want)
		}
	}
	f("    s:\n        path|contains: /cgi-bin/x\n    condition: s\n", "target:/cgi-bin/x")
	f("    s:\n        cs-uri-query|contains: [zzyx, jndi]\n    condition: s\n", "target:zzyx target:jndi")
	f("    s:\n        path|contains|all: [zzyx, index]\n    condition: s\n", "target:zzyx")
	f("    s:\n        path|contains: /cgi-bin/x\n        user_agent|contains: qqqxz{}\n    condition: s\n", "user_agent:qqqxz{}")
	f("    s:\n        path|contains: zzyx\n    f:\n        user_agent: qqqx\n    condition: s and not f\n", "target:zzyx")
	f("    s:\n        path|contains: zzyx\n    f:\n        user_agent: qqqx\n    condition: s or f\n", "target:zzyx user_agent:qqqx")
	f("    s:\n        path|contains: zzyx\n    f:\n        user_agent: qqqx\n    condition: not s\n", "")
	f("    s:\n        path|contains|neq: zzyx\n    f:\n        status: 5\n    condition: not s and f\n", "target:zzyx")
	f("    s:\n        cs-method: GET\n    condition: s\n", "")
	f("    s:\n        user_agent: ['*', nikto]\n    condition: s\n", "")
	f("    s:\n        user_agent|startswith: Mozilla/5.0\n    condition: s\n", "")
	f("    s:\n        c-uri-extension: hta\n    condition: s\n", "target:.hta")
	f("    s:\n        attack: sqli\n    condition: s\n", "attack:")
	f("    s:\n        sc-status: 404\n    condition: s\n", "")
	f("    s:\n        path|contains: Größe\n    condition: s\n", "")
}

func TestRarest(t *testing.T) {
	f := func(literal, want string) {
		t.Helper()
		if got, _ := rarest(textColumn(event.UserAgent), literal); got != want {
			t.Errorf("the rarest part of %q is %q, want %q", literal, got, want)
		}
	}
	f("short", "short")
	f("mozilla/5.0 (zqxj-scanner)", "5.0 (zqxj-sc")
	agent := textColumn(event.UserAgent)
	if likelihood(agent, "mozilla/5.0") < hopeless || likelihood(targetColumn, "mozilla/5.0") > 0.1 || likelihood(agent, "zqxj") > 0.1 {
		t.Error("the estimates are upside down")
	}
}

// What a pattern matches holds all of its literals.
func TestWhatPatternsMatchHoldsTheirLiterals(t *testing.T) {
	g := newGenerator(2)
	var scratch positions
	matched := 0
	for range 20_000 {
		p, v := g.pattern(), []byte(g.bytes(4))
		if len(p) == 0 || len(v) == 0 {
			continue
		}
		glob := newGlob(p, false)
		folded := appendFolded(nil, v)
		if got, want := glob.matches(folded, &scratch), matches(lower(v), p, false); got != want {
			t.Fatalf("%v against %q: %v, want %v", p, v, got, want)
		} else if !got {
			continue
		}
		matched++
		for _, set := range ofPattern(p) {
			if !containsAny(string(folded), set) {
				t.Fatalf("%v matches %q, which holds none of %v", p, v, set)
			}
		}
	}
	if matched < 200 {
		t.Errorf("%d matches tell little", matched)
	}
}

// pattern makes a pattern with wildcards.
func (g *generator) pattern() (p sigma.Pattern) {
	for range g.IntN(5) {
		last := sigma.TokenKind(255)
		if len(p) > 0 {
			last = p[len(p)-1].Kind
		}
		switch k := sigma.TokenKind(g.IntN(3)); {
		case k == last && k != sigma.AnyOne:
		case k == sigma.Literal:
			p = append(p, sigma.Token{Kind: k, Text: pick(g, append(g.words, "\xff", "\xa4"))})
		default:
			p = append(p, sigma.Token{Kind: k})
		}
	}
	return p
}
