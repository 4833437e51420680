package match

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The automaton finds each literal in each text that holds it, whatever the
// case, also across the pieces in which it reads the text.
func TestAutomatonFindsWhatIsThere(t *testing.T) {
	g := newGenerator(3)
	for range 300 {
		s := sieve{}
		var all []string
		for rule := range 1 + g.IntN(70) {
			literal := strings.ToLower(strings.Map(asciiOnly, g.text(2)))
			if literal == "" {
				literal = "a"
			}
			all = append(all, literal)
			s.add(literal, rule)
		}
		a := s.automaton(len(all))
		for range 10 {
			text := []byte(g.bytes(6))
			into := newRuleSet(len(all))
			cut := g.IntN(len(text) + 1)
			a.scan(a.scan(0, text[:cut], into), text[cut:], into)
			for rule, literal := range all {
				if want := bytes.Contains(asciiLower(text), []byte(literal)); into.has(rule) != want {
					t.Fatalf("%q in %q: %v, want %v", literal, text, !want, want)
				}
			}
		}
	}
}

func asciiOnly(r rune) rune {
	if r >= 0x80 {
		return -1
	}
	return r
}

func asciiLower(v []byte) []byte {
	out := bytes.Clone(v)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}

func TestAutomatonIsBounded(t *testing.T) {
	s := sieve{}
	for i := range 30_000 {
		s.add(fmt.Sprintf("%06d-%04x", i, i), i%50)
	}
	a := s.automaton(50)
	if states := len(a.next) / int(a.width); states > maxStates {
		t.Errorf("%d states", states)
	}
	into := newRuleSet(50)
	if a.scan(0, []byte("/x/000077-004d"), into); !into.has(77 % 50) {
		t.Error("a literal that was shortened is not found")
	}
}
