package sigma

import (
	"encoding/base64"
	"encoding/binary"
)

// anchored is contains, startswith and endswith.
func anchored(before, behind bool) modifier {
	return func(_ *filling, a atom) ([]atom, *problem) {
		switch {
		case a.op == Regexp:
			a.begin, a.end = a.begin || !before, a.end || !behind
		case a.op == SameAs:
			a.value.AnyBefore, a.value.AnyAfter = a.value.AnyBefore || before, a.value.AnyAfter || behind
		case a.asText():
			a.value.Pattern = a.value.Pattern.open(before, behind)
		default:
			return nil, wrong("", "contains, startswith and endswith want text, not %s", a.describe())
		}
		return one(a)
	}
}

// onText is a modifier that changes text into others.
func onText(f func(Pattern) ([]Pattern, *problem)) modifier {
	return func(_ *filling, a atom) ([]atom, *problem) {
		if !a.asText() {
			return nil, wrong("", "the modifier wants text, not %s", a.describe())
		}
		patterns, bad := f(a.value.Pattern)
		if bad != nil {
			return nil, bad
		}
		return a.each(patterns), nil
	}
}

func dashed(p Pattern) ([]Pattern, *problem) {
	variants, ok := permuted(p)
	if !ok {
		return nil, wrong("write the ways that are meant as a list", "windash makes more than %d values of it", maxVariants)
	}
	return variants, nil
}

func encodable(p Pattern) (string, *problem) {
	s, ok := p.plain()
	if !ok {
		return "", wrong("write contains, startswith and endswith behind it", "text with wildcards cannot be encoded with base64")
	}
	return s, nil
}

func encoded(p Pattern) ([]Pattern, *problem) {
	s, bad := encodable(p)
	return []Pattern{plainPattern(base64.StdEncoding.EncodeToString([]byte(s)))}, bad
}

func encodedAnywhere(p Pattern) ([]Pattern, *problem) {
	s, bad := encodable(p)
	if bad == nil && len(s) < 3 {
		bad = wrong("use at least 3 characters", "%q is too short: base64offset would leave nothing of it", s)
	}
	var patterns []Pattern
	for _, variant := range offsets(s) {
		patterns = append(patterns, plainPattern(variant))
	}
	return patterns, bad
}

func inUTF16(mark string, order binary.AppendByteOrder) func(Pattern) ([]Pattern, *problem) {
	return func(p Pattern) ([]Pattern, *problem) {
		var b patternBuilder
		b.text.WriteString(mark)
		b.add(p.mapText(wide(order)))
		return []Pattern{b.pattern()}, nil
	}
}
