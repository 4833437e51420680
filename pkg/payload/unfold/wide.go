package unfold

// wide decodes a character of ASCII that is written with more bytes than it
// needs (overlong UTF-8, which strict readers refuse and others do not), or as
// its wide form (U+FF01 to U+FF5E, U+3000).
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
	case len(v) < 3 || !follows(v[1]) || !follows(v[2]):
		return 0, 0
	case v[0] == 0xe0 && v[1] <= 0x81:
		return v[1]&1<<6 | v[2]&0x3f, 3
	case v[0] == 0xe3 && v[1] == 0x80 && v[2] == 0x80:
		return ' ', 3
	case v[0] == 0xef:
		return fullwidth(v)
	case v[0] == 0xf0 && v[1] == 0x80 && v[2] <= 0x81 && len(v) > 3 && follows(v[3]):
		return v[2]&1<<6 | v[3]&0x3f, 4
	}
	return 0, 0
}

// overlongPair reads C0 AF. Some readers never look at the upper bits of the
// second byte; that is followed for the bytes of a path only, because C0 is a
// letter of Latin-1 too.
func overlongPair(v []byte) (byte, int) {
	if follows(v[1]) || v[1] == '/' || v[1] == '.' || v[1] == '\\' || v[1] == 0x1c {
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
