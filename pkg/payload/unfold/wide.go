package unfold

// wide decodes a character of ASCII that is written with more bytes than it
// needs (overlong UTF-8, which strict readers refuse and others do not), or as
// its wide form (U+FF01 to U+FF5E), or that something else stands for.
func wide(dst, v []byte) ([]byte, int) {
	c, size := wideChar(v)
	if size == 0 {
		return dst, 0
	}
	return append(dst, c), size
}

func wideChar(v []byte) (c byte, size int) {
	switch {
	case len(v) < 2:
		return 0, 0
	case v[0] == 0xc0 || v[0] == 0xc1:
		return overlongPair(v)
	case v[0] == 0xca && v[1] == 0xbc:
		return '\'', 2
	case len(v) < 3 || !follows(v[1]) || !follows(v[2]):
		return 0, 0
	case v[0] == 0xe2 || v[0] == 0xe3:
		return lookAlike(v)
	case v[0] == 0xef:
		return fullwidth(v)
	}
	return overlong(v)
}

// overlong reads E0 80 AF, F0 80 80 AF, F8 80 80 80 AF and FC 80 80 80 80 AF.
func overlong(v []byte) (c byte, size int) {
	switch v[0] {
	case 0xe0:
		size = 3
	case 0xf0:
		size = 4
	case 0xf8:
		size = 5
	case 0xfc:
		size = 6
	default:
		return 0, 0
	}
	if len(v) < size || v[size-2]|1 != 0x81 || !follows(v[size-1]) {
		return 0, 0
	}
	for _, c := range v[1 : size-2] {
		if c != 0x80 {
			return 0, 0
		}
	}
	return v[size-2]&1<<6 | v[size-1]&0x3f, size
}

// lookAlike reads the characters that databases and file systems with a narrow
// alphabet take for one of ASCII: quotes, slashes, a dot, the wide space.
func lookAlike(v []byte) (c byte, size int) {
	switch string(v[:3]) {
	case "\u2018", "\u2019", "\u2032":
		return '\'', 3
	case "\u2215", "\u2044":
		return '/', 3
	case "\u2216":
		return '\\', 3
	case "\u2024":
		return '.', 3
	case "\u3000":
		return ' ', 3
	}
	return 0, 0
}

// overlongPair reads C0 AF. Some readers never look at the upper bits of the
// second byte, others drop the first; that is followed for the bytes of a path
// only, because C0 is a letter of Latin-1 too.
func overlongPair(v []byte) (byte, int) {
	switch {
	case v[1] == '/' || v[1] == '.' || v[1] == '\\':
		return v[1], 2
	case follows(v[1]) || v[1] == 0x1c:
		return v[0]&1<<6 | v[1]&0x3f, 2
	}
	return 0, 0
}

// fullwidth reads EF BC 81 to EF BD 9E.
func fullwidth(v []byte) (byte, int) {
	n := int(v[1])<<6 + int(v[2])&0x3f - (0xbc<<6 + 1)
	if v[1] < 0xbc || n < 0 || n > 0x7e-0x21 {
		return 0, 0
	}
	return byte(0x21 + n), 3
}

// follows tells whether c is a byte inside a character of UTF-8.
func follows(c byte) bool { return c&0xc0 == 0x80 }
