package sigma

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// modifier changes one value; the result is its alternatives.
type modifier func(f *filling, a atom) ([]atom, *problem)

// Modifiers of a whole item, which leave its values as they are.
const (
	modifierAll   = "all"
	modifierNeq   = "neq"
	modifierCased = "cased"
)

// modifierExpand puts values in the place of placeholders.
const modifierExpand = "expand"

// modifiers are those of the specification's appendix "Sigma Modifiers", and
// the long names that other tools have for the flags of re.
var modifiers = map[string]modifier{
	modifierAll:   unchanged,
	modifierNeq:   unchanged,
	modifierCased: unchanged,

	"contains":     anchored(true, true),
	"startswith":   anchored(false, true),
	"endswith":     anchored(true, false),
	"exists":       existence,
	modifierExpand: expanded,
	"fieldref":     otherField,
	"cidr":         network,
	"windash":      onText(dashed),

	"re":         regular,
	"i":          flagged("i"),
	"ignorecase": flagged("i"),
	"m":          flagged("m"),
	"multiline":  flagged("m"),
	"s":          flagged("s"),
	"dotall":     flagged("s"),

	"base64":       onText(encoded),
	"base64offset": onText(encodedAnywhere),
	"utf16le":      onText(inUTF16("", binary.LittleEndian)),
	"wide":         onText(inUTF16("", binary.LittleEndian)),
	"utf16be":      onText(inUTF16("", binary.BigEndian)),
	"utf16":        onText(inUTF16(byteOrderMark, binary.LittleEndian)),

	"lt":  compared(Less),
	"lte": compared(LessEqual),
	"gt":  compared(Greater),
	"gte": compared(GreaterEqual),

	"minute": partOfTime(timePart{"minute", Minute, 0, 59}),
	"hour":   partOfTime(timePart{"hour", Hour, 0, 23}),
	"day":    partOfTime(timePart{"day", Day, 1, 31}),
	"week":   partOfTime(timePart{"week", Week, 1, 53}),
	"month":  partOfTime(timePart{"month", Month, 1, 12}),
	"year":   partOfTime(timePart{"year", Year, 0, 9999}),
}

func unchanged(_ *filling, a atom) ([]atom, *problem) { return []atom{a}, nil }

func unknownModifier(name string) *problem {
	if name == "" {
		return wrong(`write "field|modifier: value"`, "nothing stands behind a |")
	}
	names := slices.Sorted(maps.Keys(modifiers))
	if near := mistake.Nearest(strings.ToLower(name), names); near != "" {
		return wrong(fmt.Sprintf("did you mean %q?", near), "there is no modifier %q", name)
	}
	return wrong("the modifiers are "+strings.Join(names, ", "), "there is no modifier %q", name)
}

// modify takes atoms through one modifier.
func modify(f *filling, m modifier, atoms []atom) ([]atom, *problem) {
	var next []atom
	for _, a := range atoms {
		made, bad := m(f, a)
		if bad != nil {
			return nil, bad
		}
		if next = append(next, made...); len(next) > maxVariants {
			return nil, wrong("", "the modifiers make more than %d values of it", maxVariants)
		}
	}
	return next, nil
}
