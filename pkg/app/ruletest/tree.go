package ruletest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Limits of what a tree for people shows.
const (
	maxText   = 120 // characters of a value
	maxValues = 5   // that an item asks for
	maxSeen   = 2   // that it has looked at in vain
)

// WriteTree writes for people which conditions held, a line each. Every line
// begins with prefix.
func WriteTree(w io.Writer, x *match.Explanation, prefix string) {
	if x.Reason != "" {
		fmt.Fprintf(w, "%s%s\n", prefix, x.Reason)
	}
	t := tree{w}
	t.step(&x.Condition, prefix)
}

// Mark is a sign for what held or did not.
func Mark(held bool) string {
	if held {
		return "✔"
	}
	return "✘"
}

type tree struct{ io.Writer }

func (t tree) step(s *match.Step, prefix string) {
	if s.Kind == match.ItemStep {
		fmt.Fprintf(t, "%s%s %s\n", prefix, Mark(s.Held), itemText(s))
		return
	}
	label, below := labelOf(s)
	fmt.Fprintf(t, "%s%s %s\n", prefix, Mark(s.Held), label)
	for i := range below {
		t.step(&below[i], prefix+"  ")
	}
}

// labelOf names a step, and takes what it is made of out of wrappings that
// have one part only.
func labelOf(s *match.Step) (label string, below []match.Step) {
	switch s.Kind {
	case match.AndStep:
		return "all of", s.Steps
	case match.OrStep:
		return "one of", s.Steps
	case match.SearchStep:
		label, below = s.Text, s.Steps
		if inner := s.Steps[0]; inner.Kind == match.AndStep || inner.Kind == match.OrStep {
			return label + ", " + joined(inner.Kind), inner.Steps
		}
		return label, below
	}
	inner := &s.Steps[0]
	if inner.Kind == match.ItemStep {
		return "not", s.Steps
	}
	label, below = labelOf(inner)
	return "not " + label, below
}

func joined(k match.StepKind) string {
	if k == match.AndStep {
		return "all of"
	}
	return "one of"
}

// itemText is an item with what it asked for and what it has seen.
func itemText(s *match.Step) string {
	met := slices.DeleteFunc(slices.Clone(s.Values), func(v match.Asked) bool { return !v.Met })
	if len(met) > 0 {
		return s.Text + ": " + metText(met, len(s.Values))
	}
	var asked []string
	for _, v := range s.Values {
		asked = append(asked, Printable(v.Text))
	}
	return fmt.Sprintf("%s: %s  (%s)", s.Text, shortened(asked), seenText(s))
}

// metText tells of the values that were met, and by what.
func metText(met []match.Asked, asked int) string {
	var texts []string
	for _, v := range met {
		text := Printable(v.Text)
		if v.By != nil {
			text += fmt.Sprintf("  (%s %s)", placeOf(v.By), Printable(v.By.Text))
		}
		texts = append(texts, text)
	}
	told := shortened(texts)
	if asked > len(met) {
		told += fmt.Sprintf(" (%d of %d values)", len(met), asked)
	}
	return told
}

func placeOf(s *match.Seen) string {
	if s.Decoded {
		return s.Column + ", decoded:"
	}
	return s.Column + ":"
}

// seenText tells what an item looked at in vain.
func seenText(s *match.Step) string {
	if len(s.Seen) == 0 {
		if strings.HasPrefix(s.Text, "keywords") || strings.HasPrefix(s.Text, "|") {
			return "nowhere in the record"
		}
		return "unknown here"
	}
	var texts []string
	for i := range s.Seen {
		if text := Printable(s.Seen[i].Text); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	told := "it is " + strings.Join(texts[:min(maxSeen, len(texts))], ", or ")
	if more := len(texts) - maxSeen; more > 0 {
		told += fmt.Sprintf(", or %d more", more)
	}
	return told
}

// shortened joins the first texts of a list. One that stands there several
// times, as a placeholder does for each of its values, is told once.
func shortened(texts []string) string {
	texts = slices.Compact(slices.Clone(texts))
	if len(texts) > maxValues {
		return strings.Join(texts[:maxValues], ", ") + fmt.Sprintf(" and %d more", len(texts)-maxValues)
	}
	return strings.Join(texts, ", ")
}

// Printable makes text that a client may have written fit for a terminal: cut,
// and with \xHH for what cannot be printed.
func Printable(s string) string {
	var out strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > maxText {
			return out.String() + "…"
		}
		if _, size := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&out, `\x%02X`, c)
			}
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
