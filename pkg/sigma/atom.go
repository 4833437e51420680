package sigma

import (
	"fmt"
	"strconv"
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

// problem is what is wrong with a value, a modifier or a condition.
type problem struct{ message, hint string }

func wrong(hint, format string, args ...any) *problem {
	return &problem{message: fmt.Sprintf(format, args...), hint: hint}
}

// newAtom is a value as it is written.
func newAtom(v *tree) (atom, *problem) {
	a := atom{value: Value{Written: v.text}}
	switch v.shape {
	case text:
		a.value.Pattern = parsePattern(v.text)
	case number:
		a.value.Kind, a.value.Number = NumberValue, v.number
	case boolean:
		a.value.Kind, a.value.Bool = BoolValue, v.boolean
	case null:
		a.op, a.value.Written = Null, "null"
	default:
		return a, wrong("write each field with its values on a line of its own", "a value is %s", v.shape)
	}
	return a, nil
}

// one is the result of a modifier that keeps one value.
func one(a atom) ([]atom, *problem) {
	a.modified = true
	return []atom{a}, nil
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

// describe names in messages what a modifier was given.
func (a *atom) describe() string {
	switch {
	case a.part != WholeValue:
		return "a part of a time"
	case a.op >= Less && a.op <= GreaterEqual:
		return "a comparison"
	case a.op == Null:
		return "null"
	case a.op == Exists:
		return "the field's existence"
	}
	return a.value.Kind.String()
}

// String names a kind for people.
func (k ValueKind) String() string {
	return [...]string{"text", "a number", "true or false", "a regular expression", "a network", "a field"}[k]
}

// finish checks what the modifiers made, and brings it into its final form.
func (a *atom) finish(k key, listed bool) *problem {
	switch {
	case listed && a.op == Null:
		return wrong("make it a search of its own", "null cannot be one of several values")
	case listed && a.op == Exists:
		return wrong("write true or false", "exists wants one value, not a list")
	case k.field == "":
		if bad := a.keyword(); bad != nil {
			return bad
		}
	}
	if a.op == Regexp {
		return a.compile()
	}
	return nil
}

// keyword makes a value one that is found anywhere in a record.
func (a *atom) keyword() *problem {
	switch {
	case a.op == Regexp:
		return nil
	case !a.asText():
		return wrong("write the field before the |", "%s needs a field", a.describe())
	case len(a.value.Pattern) == 0:
		return wrong("", "every record has the empty text")
	}
	a.value.Pattern = a.value.Pattern.open(true, true)
	return nil
}
