package inventory

// isUUID tells 8-4-4-4-12 hexadecimal digits.
func isUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isULID tells 26 letters and digits of Crockford's base 32, written in one
// case; the first is at most 7, because there are 128 bits.
func isULID(s []byte, v survey) bool {
	if len(s) != 26 || s[0] > '7' || v.upper > 0 && v.lower > 0 {
		return false
	}
	for _, c := range s {
		switch c | 0x20 {
		case 'i', 'l', 'o', 'u':
			return false
		}
	}
	return true
}

// isDate tells "2024-05-01" and "2024-05-01T10-00-00" alike, "2024-05", and
// the same with "_" or "." between.
func isDate(s []byte) bool {
	if len(s) < len("2024-05") || !isSeparator(s[4]) {
		return false
	}
	if len(s) == len("2024-05") {
		return isDay(s[:4], s[5:], []byte("01"))
	}
	if len(s) < len("2024-05-01") || s[7] != s[4] || !isDay(s[:4], s[5:7], s[8:10]) {
		return false
	}
	return len(s) == len("2024-05-01") || s[10]|0x20 == 't'
}

// isDay tells a day of the 20th or 21st century.
func isDay(year, month, day []byte) bool {
	y, m, d := number(year), number(month), number(day)
	return 1900 <= y && y <= 2099 && 1 <= m && m <= 12 && 1 <= d && d <= 31
}

// number reads decimal digits, or gives -1.
func number(s []byte) int {
	n := 0
	for _, c := range s {
		if !isDigit(c) {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// isRelease tells "3.6.0", "v1.2.3", "12.5" and "1.0.0-rc.1": digits and dots,
// with a "v" before them or a few letters after.
func isRelease(s []byte, v survey) bool {
	if v.dots == 0 {
		return false
	}
	if s[0]|0x20 == 'v' {
		s = s[1:]
	}
	numbers, dots := 0, 0
	for i, c := range s {
		switch {
		case isDigit(c):
			numbers++
		case c == '.' && numbers > 0:
			dots++
		default:
			return c == '-' && dots >= 2 && len(s)-i <= len("-snapshot.123")
		}
	}
	return dots > 0 && isDigit(s[len(s)-1])
}

// isVersion tells "v2", "v1.1", "v1beta1".
func isVersion(s []byte) bool {
	if len(s) < 2 || len(s) > len("v12alpha12") || s[0]|0x20 != 'v' || !isDigit(s[1]) {
		return false
	}
	rest := trimDigits(s[1:])
	switch {
	case len(rest) == 0:
		return true
	case rest[0] == '.':
		return len(rest) > 1 && len(trimDigits(rest[1:])) == 0
	}
	for _, stage := range [...]string{"alpha", "beta", "rc"} {
		if len(rest) >= len(stage) && string(rest[:len(stage)]) == stage {
			return len(trimDigits(rest[len(stage):])) == 0
		}
	}
	return false
}

// trimDigits takes at most two digits off the front.
func trimDigits(s []byte) []byte {
	for n := 0; n < 2 && len(s) > 0 && isDigit(s[0]); n++ {
		s = s[1:]
	}
	return s
}
