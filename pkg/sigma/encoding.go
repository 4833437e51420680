package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// offsets are the three ways in which text can lie in what is encoded with
// base64: with 0, 1 or 2 bytes before it. What depends on the bytes around it
// is cut off.
func offsets(s string) [3]string {
	var variants [3]string
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", before) + s))
		start := [3]int{0, 2, 3}[before]
		end := len(encoded) - [3]int{0, 3, 2}[(len(s)+before)%3]
		variants[before] = encoded[start:max(start, end)]
	}
	return variants
}

// wide encodes text as UTF-16 without a byte order mark.
func wide(order binary.AppendByteOrder) func(string) string {
	return func(s string) string {
		out := make([]byte, 0, 2*len(s))
		for _, unit := range utf16.Encode([]rune(s)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
}

// byteOrderMark begins what the modifier utf16 makes.
const byteOrderMark = "\xff\xfe"

// dashes are what the modifier windash takes for each other: hyphen, slash,
// en dash, em dash and horizontal bar.
const dashes = "-/–—―"

// maxVariants bounds what one value can become.
const maxVariants = 16_384

// permuted gives a pattern with all dashes in all ways. If those are too
// many, only the dashes at the begin of words change; ok is false when there
// are still too many.
func permuted(p Pattern) (variants []Pattern, ok bool) {
	for _, every := range []bool{true, false} {
		count := 1
		for _, t := range p {
			for range dashesIn(t.Text, every) {
				count = min(count*utf8.RuneCountInString(dashes), maxVariants+1)
			}
		}
		if count <= maxVariants {
			return permute(p, every), true
		}
	}
	return nil, false
}

// dashesIn gives where the dashes of text begin.
func dashesIn(s string, every bool) []int {
	var at []int
	before := ' '
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(max(r, 0)):])
		if strings.ContainsRune(dashes, r) && (every || !word(before) && word(after)) {
			at = append(at, i)
		}
		before = r
	}
	return at
}

func permute(p Pattern, every bool) []Pattern {
	variants := []Pattern{{}}
	for _, t := range p {
		texts := []string{""}
		if t.Kind == Literal {
			texts = permuteText(t.Text, dashesIn(t.Text, every))
		}
		var next []Pattern
		for _, v := range variants {
			for _, s := range texts {
				next = append(next, append(v[:len(v):len(v)], Token{Kind: t.Kind, Text: s}))
			}
		}
		variants = next
	}
	return variants
}

func permuteText(s string, at []int) []string {
	variants, from := []string{""}, 0
	for _, i := range at {
		var next []string
		for _, v := range variants {
			for _, dash := range dashes {
				next = append(next, v+s[from:i]+string(dash))
			}
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		variants, from = next, i+size
	}
	for i := range variants {
		variants[i] += s[from:]
	}
	return variants
}
