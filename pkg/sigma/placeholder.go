package sigma

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// piece is a run of plain text, or a placeholder's name.
type piece struct {
	text        string
	placeholder bool
}

// pieces cuts text at its placeholders, by the specification's section
// "Placeholders": %name%, and \% for a percent sign that begins none.
func pieces(s string) []piece {
	var out []piece
	var plain strings.Builder
	for len(s) > 0 {
		switch name, ok := placeholderAt(s); {
		case ok:
			out = append(out, piece{text: plain.String()}, piece{name, true})
			plain.Reset()
			s = s[len(name)+2:]
		case strings.HasPrefix(s, `\%`):
			plain.WriteByte('%')
			s = s[2:]
		default:
			plain.WriteByte(s[0])
			s = s[1:]
		}
	}
	return append(out, piece{text: plain.String()})
}

// placeholderAt reads the placeholder that s begins with; its name has neither
// spaces nor backslashes.
func placeholderAt(s string) (name string, ok bool) {
	if s[0] != '%' {
		return "", false
	}
	name, _, ok = strings.Cut(s[1:], "%")
	return name, ok && name != "" && !strings.ContainsAny(name, `\ `)
}

// expanded is the modifier expand: each placeholder becomes each of its
// values, so that several make the product of theirs.
func expanded(f *filling, a atom) ([]atom, *problem) {
	if a.op == Regexp {
		return expandedRegexp(f, a)
	}
	if !a.asText() {
		return nil, wrong("", "expand wants text with a placeholder such as %%name%%, not %s", a.describe())
	}
	variants := []Pattern{{}}
	for _, t := range a.value.Pattern {
		options := [][]Pattern{{Pattern{t}}}
		if t.Kind == Literal {
			options = textOptions(f, t.Text)
		}
		var bad *problem
		if variants, bad = product(variants, options, Pattern.followedBy); bad != nil {
			return nil, bad
		}
	}
	return a.each(variants), nil
}

func expandedRegexp(f *filling, a atom) ([]atom, *problem) {
	variants := []string{""}
	for _, p := range pieces(a.value.Regexp) {
		var bad *problem
		variants, bad = product(variants, [][]string{f.of(p)}, func(a, b string) string { return a + b })
		if bad != nil {
			return nil, bad
		}
	}
	atoms := make([]atom, len(variants))
	for i, v := range variants {
		atoms[i] = a
		atoms[i].value.Regexp = v
	}
	return atoms, nil
}

// textOptions gives, for each piece of text, the patterns that it can be.
func textOptions(f *filling, s string) [][]Pattern {
	var options [][]Pattern
	for _, p := range pieces(s) {
		values := f.of(p)
		patterns := make([]Pattern, len(values))
		for i, v := range values {
			if patterns[i] = plainPattern(v); p.placeholder {
				patterns[i] = parsePattern(v)
			}
		}
		options = append(options, patterns)
	}
	return options
}

// filling is what placeholders stand for while one document is read.
type filling struct {
	values   map[string][]string
	unfilled []string // placeholders that nobody has given values
	at       *tree    // the first of them
}

// of gives what a piece can be. A placeholder without values stands for itself:
// its rule is not in force.
func (f *filling) of(p piece) []string {
	if !p.placeholder {
		return []string{p.text}
	}
	if values := f.values[p.text]; len(values) > 0 {
		return values
	}
	if !slices.Contains(f.unfilled, p.text) {
		f.unfilled = append(f.unfilled, p.text)
	}
	return []string{"%" + p.text + "%"}
}

// likely is a hint for placeholders without values: a name that is nearly one
// of theirs.
func (f *filling) likely() string {
	for _, name := range f.unfilled {
		if near := mistake.Nearest(name, slices.Sorted(maps.Keys(f.values))); near != "" && near != name {
			return fmt.Sprintf("did you mean %%%s%% by %%%s%%?", near, name)
		}
	}
	return "give it values under rules.placeholders in the configuration, or take it out"
}

// product puts each of the options behind each of the variants.
func product[T any](variants []T, options [][]T, join func(a, b T) T) ([]T, *problem) {
	for _, choices := range options {
		if len(variants)*len(choices) > maxVariants {
			return nil, wrong("use fewer placeholders in one value", "placeholders make more than %d values of it", maxVariants)
		}
		next := make([]T, 0, len(variants)*len(choices))
		for _, v := range variants {
			for _, c := range choices {
				next = append(next, join(v, c))
			}
		}
		variants = next
	}
	return variants, nil
}

func (p Pattern) followedBy(q Pattern) Pattern {
	var b patternBuilder
	b.add(p)
	b.add(q)
	return b.pattern()
}
