package accesslog

import (
	"bytes"
	"fmt"
	"strings"
)

// layoutVerbs are the conversions of strftime that a time layout may have.
const layoutVerbs = "YymdebBaAHIpMSTRFDszfLn%"

// checkLayout refuses a layout with a conversion that is not known, or without
// a date.
func checkLayout(layout string) error {
	dated, year := false, false
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			continue
		}
		if i++; i == len(layout) || !strings.ContainsRune(layoutVerbs, rune(layout[i])) {
			return fmt.Errorf("time layout %q: want %% followed by one of %s", layout, layoutVerbs)
		}
		dated = dated || strings.IndexByte("FDs", layout[i]) >= 0
		year = year || layout[i]|0x20 == 'y'
	}
	if !dated && !year {
		return fmt.Errorf("time layout %q: it has no year", layout)
	}
	return nil
}

// moment is a time in the parts that a layout names.
type moment struct {
	year, month, day     int64
	hour, minute, second int64
	nanos                int64
	offset               int64 // seconds east of Greenwich, if zoned
	epoch                int64 // seconds since 1970, if absolute
	am, pm               bool
	zoned, absolute      bool
}

// latest is a second in 2242: much later ones do not fit into nanoseconds.
const latest = 1 << 33

// layoutTime reads a time as strftime writes it, as Unix nanoseconds; %f and
// %L are digits of a fraction of a second. A space in the layout stands for
// any number of them. Without a zone it is read as UTC, and zoned is false.
func layoutTime(layout string, v []byte) (ns int64, zoned, ok bool) {
	m := moment{month: 1, day: 1}
	if rest, ok := m.layout(layout, v); !ok || len(bytes.TrimSpace(rest)) > 0 {
		return 0, false, false
	}
	if m.absolute {
		return min(m.epoch, latest)*second + m.nanos, true, true
	}
	days, ok := civil(m.year, m.month, m.day)
	switch {
	case m.pm && m.hour < 12:
		m.hour += 12
	case m.am && m.hour == 12:
		m.hour = 0
	}
	inDay := m.hour < 24 && m.minute < 60 && m.second <= 60
	clock := m.hour*3600 + m.minute*60 + m.second
	return (days*day+clock-m.offset)*second + m.nanos, m.zoned, ok && inDay
}

func (m *moment) layout(layout string, v []byte) (rest []byte, ok bool) {
	for i := 0; i < len(layout); i++ {
		switch c := layout[i]; {
		case c == '%' && i+1 < len(layout):
			i++
			if v, ok = m.read(layout[i], v); !ok {
				return v, false
			}
		case c == ' ':
			v = bytes.TrimLeft(v, " ")
		case len(v) == 0 || v[0] != c:
			return v, false
		default:
			v = v[1:]
		}
	}
	return v, true
}

// read takes one conversion off the front of v.
func (m *moment) read(verb byte, v []byte) (rest []byte, ok bool) {
	switch verb {
	case 'Y':
		return number(&m.year, v, 4)
	case 'y':
		rest, ok = number(&m.year, v, 2)
		m.year += 2000
		return rest, ok
	case 'm':
		return number(&m.month, v, 2)
	case 'd', 'e':
		return number(&m.day, bytes.TrimLeft(v, " "), 2)
	case 'H', 'I':
		return number(&m.hour, bytes.TrimLeft(v, " "), 2)
	case 'M':
		return number(&m.minute, v, 2)
	case 'S':
		return number(&m.second, v, 2)
	case 'b', 'B':
		return m.monthName(v)
	case 'a', 'A':
		return letters(v), true
	case 'p':
		m.am = len(v) > 0 && v[0]|0x20 == 'a'
		m.pm = len(v) > 0 && v[0]|0x20 == 'p'
		return letters(v), true
	}
	return m.composite(verb, v)
}

// composite reads the conversions that stand for several, and the rare ones.
func (m *moment) composite(verb byte, v []byte) (rest []byte, ok bool) {
	switch verb {
	case 'T':
		return numbers(v, ':', 2, &m.hour, &m.minute, &m.second)
	case 'R':
		return numbers(v, ':', 2, &m.hour, &m.minute)
	case 'F':
		return numbers(v, '-', 4, &m.year, &m.month, &m.day)
	case 'D':
		rest, ok = numbers(v, '/', 2, &m.month, &m.day, &m.year)
		m.year += 2000
		return rest, ok
	case 's':
		m.absolute = true
		return number(&m.epoch, v, 18)
	case 'f', 'L':
		m.nanos, rest = fractionDigits(v)
		return rest, len(rest) < len(v)
	case 'z':
		end := bytes.IndexByte(v, ' ')
		if end < 0 {
			end = len(v)
		}
		m.zoned = true
		m.offset, ok = zone(v[:end])
		return v[end:], ok
	case 'n':
		return bytes.TrimLeft(v, " \t"), true
	case '%':
		return bytes.TrimPrefix(v, []byte{'%'}), len(v) > 0 && v[0] == '%'
	}
	return v, false
}

func (m *moment) monthName(v []byte) (rest []byte, ok bool) {
	if len(v) < 3 {
		return v, false
	}
	m.month = monthNumber(v[:3])
	return letters(v), m.month > 0
}

// number reads up to a number of digits.
func number(n *int64, v []byte, width int) (rest []byte, ok bool) {
	end := 0
	for *n = 0; end < len(v) && end < width && v[end] >= '0' && v[end] <= '9'; end++ {
		*n = *n*10 + int64(v[end]-'0')
	}
	return v[end:], end > 0
}

// numbers reads numbers with a separator between them; the first has up to
// width digits, the others two.
func numbers(v []byte, separator byte, width int, into ...*int64) (rest []byte, ok bool) {
	for i, n := range into {
		if i > 0 {
			if len(v) == 0 || v[0] != separator {
				return v, false
			}
			v, width = v[1:], 2
		}
		if v, ok = number(n, v, width); !ok {
			return v, false
		}
	}
	return v, true
}

// letters skips a word.
func letters(v []byte) []byte {
	for len(v) > 0 && (v[0]|0x20 >= 'a' && v[0]|0x20 <= 'z' || v[0] == '.') {
		v = v[1:]
	}
	return v
}
