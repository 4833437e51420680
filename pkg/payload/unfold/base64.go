package unfold

import (
	"bytes"
	"unicode/utf8"
)

// A base64 text shorter than minBase64 says too little: words look like it.
const minBase64 = 12

var base64Values = base64Table()

const notBase64 = 0xff

// base64Table has both alphabets; a + may have become a space on its way.
func base64Table() (t [256]uint8) {
	for c := range t {
		t[c] = notBase64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = uint8(i)
	}
	t['-'], t[' '], t['_'] = 62, 62, 63
	return t
}

// base64 decodes v, or each part of it between = and &, when that is base64 of
// a text.
func base64(dst, v []byte) ([]byte, bool) {
	changed := false
	for i := 0; i < len(v); {
		end := base64End(v, i)
		if end > i {
			if out, ok := base64Text(dst, bytes.TrimRight(v[i:end], "=")); ok {
				dst, i, changed = out, end, true
				continue
			}
		}
		next := nextBase64(v, i)
		dst, i = append(dst, v[i:next]...), next
	}
	return dst, changed
}

// HasBase64 tells whether a value in v, or v, may be base64 of a text. It looks
// at the alphabet and the first characters.
func HasBase64(v []byte) bool {
	for i := 0; i+minBase64 <= len(v); i = nextBase64(v, i) {
		if startsText(v[i:]) && base64End(v, i) > i {
			return true
		}
	}
	return false
}

// nextBase64 is the next place after v[i] where a value may begin.
func nextBase64(v []byte, i int) int {
	n := bytes.IndexByte(v[i:], '=')
	if n < 0 {
		return len(v)
	}
	return i + n + 1
}

// base64End is the end of the base64 that begins at v[i] and is all of a value,
// or i.
func base64End(v []byte, i int) int {
	if !startsText(v[i:]) {
		return i
	}
	end := i
	for end < len(v) && base64Values[v[end]] != notBase64 {
		end++
	}
	digits := end - i
	for end < len(v) && v[end] == '=' && end-i-digits < 2 {
		end++
	}
	whole := end == len(v) || v[end] == '&' || v[end] == ';'
	if !whole || digits < minBase64 || digits%4 == 1 {
		return i
	}
	return end
}

// startsText looks at the bits that are 0 in six characters of ASCII, before
// anything is decoded.
func startsText(v []byte) bool {
	if len(v) < minBase64 {
		return false
	}
	for _, group := range [2][]byte{v[:4], v[4:8]} {
		a, b, c, d := base64Values[group[0]], base64Values[group[1]], base64Values[group[2]], base64Values[group[3]]
		if a|b|c|d == notBase64 || a&0x20|b&0x08|c&0x02 != 0 {
			return false
		}
	}
	return true
}

// base64Text appends what digits decode to when that is text.
func base64Text(dst, digits []byte) ([]byte, bool) {
	start := len(dst)
	var word uint32
	for i, c := range digits {
		word = word<<6 | uint32(base64Values[c])
		if i%4 == 3 {
			dst = append(dst, byte(word>>16), byte(word>>8), byte(word))
		}
	}
	switch len(digits) % 4 {
	case 2:
		dst = append(dst, byte(word>>4))
	case 3:
		dst = append(dst, byte(word>>10), byte(word>>2))
	}
	if !isText(dst[start:]) {
		return dst[:start], false
	}
	return dst, true
}

// isText tells whether v is UTF-8 without control characters but for those of
// lines.
func isText(v []byte) bool {
	for _, c := range v {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(v)
}
