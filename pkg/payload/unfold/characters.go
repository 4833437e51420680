package unfold

import "unicode/utf8"

// characters decodes what stands for one character in HTML, in string literals
// and in careless UTF-8.
func characters(dst, v []byte) ([]byte, bool) {
	changed := false
	for i := 0; i < len(v); {
		out, size := dst, 0
		switch classes[v[i]] {
		case hasAmp:
			out, size = entity(dst, v[i:])
		case hasWide:
			out, size = wide(dst, v[i:])
		case hasSign:
			out, size = backslash(dst, v[i:])
		}
		if size == 0 {
			dst, i = append(dst, v[i]), i+1
			continue
		}
		dst, i, changed = out, i+size, true
	}
	return dst, changed
}

// backslash decodes \u0041, \u{41} and \x41.
func backslash(dst, v []byte) ([]byte, int) {
	if len(v) < 4 || v[0] != '\\' {
		return dst, 0
	}
	switch v[1] {
	case 'x', 'X':
		if r, ok := hexRune(v[2:], 2); ok {
			return append(dst, byte(r)), 4
		}
	case 'u', 'U':
		if v[2] == '{' {
			return braced(dst, v)
		}
		if r, ok := hexRune(v[2:], 4); ok {
			return utf8.AppendRune(dst, r), 6
		}
	}
	return dst, 0
}

// braced decodes \u{41}.
func braced(dst, v []byte) ([]byte, int) {
	for n := 1; n <= 6 && n+3 < len(v); n++ {
		if v[n+3] != '}' {
			continue
		}
		if r, ok := hexRune(v[3:], n); ok {
			return utf8.AppendRune(dst, r), n + 4
		}
		break
	}
	return dst, 0
}
