package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// atom is a value on its way through the modifiers of its field.
type atom struct {
	op       Op
	part     Part
	value    Value
	modified bool   // by a modifier that changes the value
	flags    string // of a regular expression, which is in value.Regexp as written
	// A regular expression has to be found at the begin or the end.
	begin, end bool
}

// problem is what is wrong with a value or a modifier.
type problem struct{ message, hint string }

func wrong(hint, format string, args ...any) *problem {
	return &problem{message: fmt.Sprintf(format, args...), hint: hint}
}

// modifier changes one value; the result is its alternatives.
type modifier func(o *Options, a atom) ([]atom, *problem)

// Modifiers of a whole item, not of its values.
const (
	modifierAll   = "all"
	modifierNeq   = "neq"
	modifierCased = "cased"
)

// modifierNamed finds the modifier of the specification's appendix "Sigma
// Modifiers". Long names of the flags of re are those of other tools.
func modifierNamed(name string) modifier {
	switch name {
	case "contains":
		return anchored(true, true)
	case "startswith":
		return anchored(false, true)
	case "endswith":
		return anchored(true, false)
	case "exists":
		return existence
	case "re":
		return regular
	case "i", "ignorecase":
		return flagged("i")
	case "m", "multiline":
		return flagged("m")
	case "s", "dotall":
		return flagged("s")
	case "windash":
		return onText(dashed)
	case "expand":
		return expanded
	case "cidr":
		return network
	case "fieldref":
		return otherField
	}
	return cmpModifier(name)
}

func cmpModifier(name string) modifier {
	switch name {
	case "base64":
		return onText(encoded)
	case "base64offset":
		return onText(encodedAnywhere)
	case "utf16le", "wide":
		return onText(inUTF16("", binary.LittleEndian))
	case "utf16be":
		return onText(inUTF16("", binary.BigEndian))
	case "utf16":
		return onText(inUTF16(byteOrderMark, binary.LittleEndian))
	case "lt":
		return compared(Less)
	case "lte":
		return compared(LessEqual)
	case "gt":
		return compared(Greater)
	case "gte":
		return compared(GreaterEqual)
	}
	for _, p := range timeParts {
		if p.name == name {
			return partOfTime(p)
		}
	}
	return nil
}

// modifierNames are all modifiers, for hints.
func modifierNames() []string {
	names := []string{
		modifierAll, modifierNeq, modifierCased, "contains", "startswith", "endswith", "exists", "re", "i", "m", "s",
		"windash", "expand", "cidr", "fieldref", "base64", "base64offset", "utf16", "utf16le", "utf16be", "wide",
		"lt", "lte", "gt", "gte",
	}
	for _, p := range timeParts {
		names = append(names, p.name)
	}
	return names
}

func unknownModifier(name string) *problem {
	if name == "" {
		return wrong(`write "field|modifier: value"`, "nothing stands behind a |")
	}
	if near := mistake.Nearest(strings.ToLower(name), modifierNames()); near != "" {
		return wrong(fmt.Sprintf("did you mean %q?", near), "there is no modifier %q", name)
	}
	return wrong("the modifiers are "+strings.Join(modifierNames(), ", "), "there is no modifier %q", name)
}

// one is the result of a modifier that keeps one value.
func one(a atom) ([]atom, *problem) {
	a.modified = true
	return []atom{a}, nil
}

// asText makes text of a number, as it is written.
func (a *atom) asText() bool {
	if a.op != Matches || a.part != WholeValue {
		return false
	}
	if a.value.Kind == NumberValue || a.value.Kind == BoolValue {
		a.value.Kind, a.value.Pattern = TextValue, plainPattern(a.value.Written)
	}
	return a.value.Kind == TextValue
}

// anchored is contains, startswith and endswith.
func anchored(before, behind bool) modifier {
	return func(_ *Options, a atom) ([]atom, *problem) {
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

func (a *atom) describe() string {
	switch {
	case a.op == Null:
		return "null"
	case a.part != WholeValue:
		return "a part of a time"
	case a.op >= Less && a.op <= GreaterEqual:
		return "a comparison"
	}
	return [...]string{Regexp: "a regular expression", Within: "a network", Exists: "the field's existence", SameAs: "a field", Matches: a.value.Kind.String()}[a.op]
}

// String names a kind for people.
func (k ValueKind) String() string {
	return [...]string{"text", "a number", "true or false", "a regular expression", "a network", "a field"}[k]
}

func existence(_ *Options, a atom) ([]atom, *problem) {
	if a.modified || a.op != Matches {
		return nil, wrong("write exists alone", "exists cannot follow modifiers that change the value")
	}
	truth, ok := truthOf(a.value)
	if !ok {
		return nil, wrong("", "exists wants true or false, not %q", a.value.Written)
	}
	a.op, a.value.Kind, a.value.Bool, a.value.Pattern = Exists, BoolValue, truth, nil
	return one(a)
}

func truthOf(v Value) (truth, ok bool) {
	if v.Kind == BoolValue {
		return v.Bool, true
	}
	return truth, false
}

func regular(_ *Options, a atom) ([]atom, *problem) {
	if a.modified || a.op != Matches {
		return nil, wrong("write re before them", "re cannot follow modifiers that change the value")
	}
	a.op, a.value.Kind, a.value.Regexp, a.value.Pattern = Regexp, RegexpValue, a.value.Written, nil
	return one(a)
}

func flagged(flag string) modifier {
	return func(_ *Options, a atom) ([]atom, *problem) {
		if a.op != Regexp {
			return nil, wrong("write re|"+flag, "%s is a flag of regular expressions", flag)
		}
		if !strings.Contains(a.flags, flag) {
			a.flags += flag
		}
		return one(a)
	}
}

// onText is a modifier that changes text into others.
func onText(f func(Pattern) ([]Pattern, *problem)) modifier {
	return func(_ *Options, a atom) ([]atom, *problem) {
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

// each is the atom once with each pattern.
func (a atom) each(patterns []Pattern) []atom {
	atoms := make([]atom, len(patterns))
	a.modified = true
	for i, p := range patterns {
		atoms[i] = a
		atoms[i].value.Pattern = p
	}
	return atoms
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

func network(_ *Options, a atom) ([]atom, *problem) {
	s, plain := a.value.Pattern.plain()
	if a.op != Matches || a.value.Kind != TextValue || !plain {
		return nil, wrong("", "cidr wants a network such as 192.0.2.0/24, not %s", a.describe())
	}
	prefix, err := netip.ParsePrefix(s)
	if addr, bad := netip.ParseAddr(s); err != nil && bad == nil {
		prefix, err = addr.Prefix(addr.BitLen())
	}
	if err != nil {
		return nil, wrong("write it as 192.0.2.0/24 or 2001:db8::/32", "%q is no network", s)
	}
	a.op, a.value.Kind, a.value.Prefix, a.value.Pattern = Within, PrefixValue, prefix.Masked(), nil
	return one(a)
}

func otherField(_ *Options, a atom) ([]atom, *problem) {
	if a.op != Matches || a.value.Kind != TextValue {
		return nil, wrong("", "fieldref wants the name of a field, not %s", a.describe())
	}
	s, plain := a.value.Pattern.plain()
	if !plain || s == "" {
		return nil, wrong("write contains, startswith and endswith behind it", "fieldref wants the name of a field, without wildcards")
	}
	a.op, a.value.Kind, a.value.Field, a.value.Pattern = SameAs, FieldValue, s, nil
	return one(a)
}

func compared(op Op) modifier {
	return func(_ *Options, a atom) ([]atom, *problem) {
		if a.op != Matches || !a.asNumber() {
			return nil, wrong("", "lt, lte, gt and gte want a number, not %s", a.describe())
		}
		a.op = op
		return one(a)
	}
}

// asNumber reads text that is a number, as a number in quotes is.
func (a *atom) asNumber() bool {
	if s, plain := a.value.Pattern.plain(); a.value.Kind == TextValue && plain && decimals.MatchString(s) {
		n, err := strconv.ParseFloat(s, 64)
		if err == nil {
			a.value.Kind, a.value.Number, a.value.Pattern = NumberValue, n, nil
		}
	}
	return a.value.Kind == NumberValue
}

type timePart struct {
	name      string
	part      Part
	low, high float64
}

var timeParts = []timePart{
	{"minute", Minute, 0, 59},
	{"hour", Hour, 0, 23},
	{"day", Day, 1, 31},
	{"week", Week, 1, 53},
	{"month", Month, 1, 12},
	{"year", Year, 0, 9999},
}

func partOfTime(p timePart) modifier {
	return func(_ *Options, a atom) ([]atom, *problem) {
		comparison := a.op == Matches || a.op >= Less && a.op <= GreaterEqual
		if !comparison || a.part != WholeValue || !a.asNumber() {
			return nil, wrong("", "%s wants a number, not %s", p.name, a.describe())
		}
		if n := a.value.Number; n != float64(int(n)) || a.op == Matches && (n < p.low || n > p.high) {
			return nil, wrong("", "%s is a whole number from %v to %v, not %s", p.name, p.low, p.high, a.value.Written)
		}
		a.part = p.part
		return one(a)
	}
}

// has tells whether a key has one of the modifiers.
func has(modifiers []string, names ...string) bool {
	return slices.ContainsFunc(modifiers, func(m string) bool { return slices.Contains(names, m) })
}
