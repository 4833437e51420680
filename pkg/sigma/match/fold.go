package match

import (
	"unicode"
	"unicode/utf8"
)

// appendFolded appends the lower case of a text: ASCII letters by ASCII, other
// letters by Unicode unless that would make them ASCII. What is no UTF-8
// stays. So the ASCII of a folded text comes from ASCII at the same place
// among its characters, which the prefilter relies on.
func appendFolded(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		c := v[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(v[i:])
		if l := unicode.ToLower(r); size > 1 && l >= utf8.RuneSelf {
			dst = utf8.AppendRune(dst, l)
		} else {
			dst = append(dst, v[i:i+size]...)
		}
		i += size
	}
	return dst
}

// isFolded tells whether a text is its own lower case. It may say no of one
// that is.
func isFolded(v []byte) bool {
	for _, c := range v {
		if c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// fold gives the lower case of a value, made once.
func (r *record) fold(v *value) []byte {
	if v.folded != nil {
		return v.folded
	}
	if isFolded(v.text) {
		v.folded = v.text
		return v.folded
	}
	start := len(r.arena)
	r.arena = appendFolded(r.arena, v.text)
	v.folded = r.arena[start:len(r.arena):len(r.arena)]
	return v.folded
}
