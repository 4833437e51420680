package privacy

// unit reads the character at v[i]: as it stands, percent-encoded up to three
// times over, or written \xHH or \" as logs and nested JSON do. depth is how
// often it was encoded. A byte of a longer rune counts as a character.
func unit(v []byte, i int) (c byte, size, depth int) {
	switch c = v[i]; c {
	case '%':
		return percent(v, i)
	case '\\':
		if i+1 < len(v) && v[i+1] == '"' {
			return '"', 2, 1
		}
		if i+3 < len(v) && v[i+1] == 'x' {
			if c, ok := unhex(v[i+2], v[i+3]); ok {
				return c, 4, 1
			}
		}
		return '\\', 1, 0
	}
	return c, 1, 0
}

const maxDepth = 3

func percent(v []byte, i int) (c byte, size, depth int) {
	j := i + 1
	for depth = 1; depth < maxDepth && j+3 < len(v) && v[j] == '2' && v[j+1] == '5'; depth++ {
		if _, ok := unhex(v[j+2], v[j+3]); !ok {
			break
		}
		j += 2
	}
	if j+1 < len(v) {
		if c, ok := unhex(v[j], v[j+1]); ok {
			return c, j + 2 - i, depth
		}
	}
	return '%', 1, 0
}

// unitBefore is the character that ends at v[end]; nothing before low counts,
// and end is above low.
func unitBefore(v []byte, end, low int) (c byte, start int) {
	if end-low >= 3 && (v[end-3] == '%' || v[end-3] == '5' || v[end-3] == 'x') {
		if c, ok := unhex(v[end-2], v[end-1]); ok {
			if start := escapeBefore(v, end-2, low); start >= 0 {
				return c, start
			}
		}
	}
	if end-low >= 2 && v[end-1] == '"' && v[end-2] == '\\' {
		return '"', end - 2
	}
	return v[end-1], end - 1
}

// escapeBefore finds the start of the escape whose two digits begin at v[at],
// or gives -1.
func escapeBefore(v []byte, at, low int) int {
	if at-low >= 2 && v[at-1] == 'x' && v[at-2] == '\\' {
		return at - 2
	}
	for depth := 1; depth <= maxDepth && at > low; depth++ {
		if v[at-1] == '%' {
			return at - 1
		}
		if at-low < 2 || v[at-1] != '5' || v[at-2] != '2' {
			return -1
		}
		at -= 2
	}
	return -1
}

func unhex(high, low byte) (byte, bool) {
	h, l := nibble(high), nibble(low)
	return h<<4 | l, h < 16 && l < 16
}

func nibble(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// run is the length of the longest prefix of which every byte is in the class.
func run(v []byte, in func(byte) bool) int {
	for i, c := range v {
		if !in(c) {
			return i
		}
	}
	return len(v)
}
