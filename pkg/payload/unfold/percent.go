package unfold

import (
	"bytes"
	"unicode/utf8"
)

// percent decodes %41 and %u0041.
func percent(dst, v []byte) ([]byte, bool) {
	changed := false
	for {
		n := bytes.IndexByte(v, '%')
		if n < 0 {
			return append(dst, v...), changed
		}
		dst = append(dst, v[:n]...)
		v = v[n:]
		out, size := percentChar(dst, v)
		if size == 0 {
			dst, v = append(dst, '%'), v[1:]
			continue
		}
		dst, v, changed = out, v[size:], true
	}
}

// form decodes a query: percent, and + as a space.
func form(dst, v []byte) ([]byte, bool) {
	plus := bytes.IndexByte(v, '+')
	if plus < 0 {
		return percent(dst, v)
	}
	for i := 0; i < len(v); {
		if v[i] == '+' {
			dst, i = append(dst, ' '), i+1
			continue
		}
		out, size := percentChar(dst, v[i:])
		if size == 0 {
			out, size = append(dst, v[i]), 1
		}
		dst, i = out, i+size
	}
	return dst, true
}

// percentChar appends the character whose percent encoding v begins with, and
// returns the size of the encoding, 0 when there is none.
func percentChar(dst, v []byte) ([]byte, int) {
	switch {
	case len(v) < 3 || v[0] != '%':
	case v[1]|0x20 == 'u':
		if r, ok := hexRune(v[2:], 4); ok {
			return utf8.AppendRune(dst, r), 6
		}
	default:
		if r, ok := hexRune(v[1:], 2); ok {
			return append(dst, byte(r)), 3
		}
	}
	return dst, 0
}

// hexRune reads n hexadecimal digits.
func hexRune(v []byte, n int) (rune, bool) {
	if len(v) < n {
		return 0, false
	}
	var r rune
	for _, c := range v[:n] {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | d
	}
	return r, true
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}
