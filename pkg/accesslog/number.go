package accesslog

// decimal reads a number with an optional fraction and exponent and gives it
// times 10^scale, cut to a whole number. It is exact: 1.001 s are
// 1,001,000,000 ns.
func decimal(v []byte, scale int) (int64, bool) {
	negative := len(v) > 0 && v[0] == '-'
	if negative || len(v) > 0 && v[0] == '+' {
		v = v[1:]
	}
	mantissa, scale, rest, ok := mantissa(v, scale)
	if !ok {
		return 0, false
	}
	if len(rest) > 0 {
		exponent, ok := exponent(rest)
		if !ok {
			return 0, false
		}
		scale += exponent
	}
	n, ok := shift(mantissa, scale)
	if negative {
		n = -n
	}
	return n, ok
}

// mantissa reads digits with a point between them; scale counts where the
// point is. Digits that an int64 cannot hold are dropped.
func mantissa(v []byte, scale int) (n int64, at int, rest []byte, ok bool) {
	fraction := false
	for i, c := range v {
		switch {
		case c >= '0' && c <= '9':
			if ok = true; n < 1e17 {
				n = n*10 + int64(c-'0')
				if fraction {
					scale--
				}
			} else if !fraction {
				scale++
			}
		case c == '.' && !fraction:
			fraction = true
		default:
			return n, scale, v[i:], ok
		}
	}
	return n, scale, nil, ok
}

func exponent(v []byte) (int, bool) {
	if v[0]|0x20 != 'e' {
		return 0, false
	}
	v = v[1:]
	negative := len(v) > 0 && v[0] == '-'
	if negative || len(v) > 0 && v[0] == '+' {
		v = v[1:]
	}
	n, ok := whole(v)
	if !ok || n > 400 {
		return 0, false
	}
	if negative {
		n = -n
	}
	return int(n), true
}

func shift(n int64, by int) (int64, bool) {
	for ; by < 0 && n != 0; by++ {
		n /= 10
	}
	for ; by > 0 && n != 0; by-- {
		if n > (1<<63-1)/10 {
			return 0, false
		}
		n *= 10
	}
	return n, true
}

// whole reads up to 18 digits and nothing else.
func whole(v []byte) (int64, bool) {
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// duration reads a duration of the given scale. A list, as nginx writes the
// times of several upstreams ("0.1, 0.2 : -"), is added up. A negative time
// is how some gateways write "none".
func duration(v []byte, scale int) (total int64, ok bool) {
	for len(v) > 0 {
		end := 0
		for end < len(v) && !isListSeparator(v[end]) {
			end++
		}
		if n, fine := decimal(v[:end], scale); fine && n >= 0 && total <= 1<<62-n {
			total, ok = total+n, true
		}
		v = v[min(end+1, len(v)):]
	}
	return total, ok
}

func isListSeparator(c byte) bool { return c == ',' || c == ' ' || c == ':' || c == ';' }

// spelledDuration reads a duration with its units, as Go writes it: "4.529µs",
// "1m2.5s", "3ms".
func spelledDuration(v []byte) (total int64, ok bool) {
	for len(v) > 0 {
		end := 0
		for end < len(v) && (v[end] == '.' || v[end] >= '0' && v[end] <= '9') {
			end++
		}
		scale, factor, width := spelledUnit(v[end:])
		n, fine := decimal(v[:end], scale)
		if !fine || width == 0 || n > (1<<62-total)/factor {
			return 0, false
		}
		total, ok = total+n*factor, true
		v = v[end+width:]
	}
	return total, ok
}

// spelledUnit reads a unit: ten to the power of scale nanoseconds times a
// factor. Its width is 0 when it is none.
func spelledUnit(v []byte) (scale int, factor int64, width int) {
	for _, u := range [...]struct {
		name   string
		scale  int
		factor int64
	}{
		{"ns", nanoseconds, 1}, {"µs", microseconds, 1}, {"μs", microseconds, 1}, {"us", microseconds, 1},
		{"ms", milliseconds, 1}, {"s", seconds, 1}, {"m", seconds, 60}, {"h", seconds, 3600},
	} {
		if len(v) >= len(u.name) && string(v[:len(u.name)]) == u.name {
			return u.scale, u.factor, len(u.name)
		}
	}
	return 0, 1, 0
}
