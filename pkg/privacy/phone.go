package privacy

const (
	minPhone = 9  // digits of the shortest number, country included
	maxPhone = 15 // of the longest (E.164)
)

// plus looks at the plus at in[i]: it begins a telephone number, or stands for
// a space.
func (s *scan) plus(i, size int) int {
	if s.m.on&phones != 0 && s.edge(i) {
		if end := phoneEnd(s.in, i+size); end > 0 {
			s.replace(i, end, asPhone)
			return end
		}
	}
	if size == 1 && s.m.on&credentials != 0 {
		return s.credential(i, size)
	}
	return i + size
}

// phoneEnd is where the number ends of which the country begins at v[i], or 0.
func phoneEnd(v []byte, i int) int {
	var digits [maxPhone]byte
	n, end := 0, 0
	for i < len(v) {
		size := run(v[i:], isDigit)
		if size == 0 || n+size > maxPhone || i+size < len(v) && isLetter(v[i+size]) {
			break
		}
		copy(digits[n:], v[i:i+size])
		n, i = n+size, i+size
		end = i
		i = afterSigns(v, i)
	}
	if n < minPhone || !isCountry(digits[0], digits[1]) || end < len(v) && isAlnum(v[end]) {
		return 0
	}
	return end
}

// afterSigns goes over up to two signs between groups of digits.
func afterSigns(v []byte, i int) int {
	for range 2 {
		if i < len(v) {
			if c, size, _ := unit(v, i); c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '+' {
				i += size
			}
		}
	}
	return i
}

// isCountry tells whether country codes begin with two digits.
func isCountry(a, b byte) bool {
	switch a {
	case '1':
		return b >= '2'
	case '2':
		return b != '8'
	case '3', '4', '5', '6', '9':
		return true
	case '8':
		return b != '3' && b != '9'
	}
	return a == '7'
}
