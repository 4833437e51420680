package accesslog

import (
	"bytes"
	"time"
)

const (
	second = int64(time.Second)
	day    = 24 * 60 * 60 // seconds
)

// clfTime reads "12/Dec/2019:16:53:29 +0000" as Unix nanoseconds. It needs no
// cache: the calendar is a dozen integer operations.
func clfTime(v []byte) (int64, bool) {
	if len(v) != len("12/Dec/2019:16:53:29 +0000") || v[2] != '/' || v[6] != '/' || v[11] != ':' || v[20] != ' ' {
		return 0, false
	}
	days, ok := civil(digits(v[7:11]), monthNumber(v[3:6]), digits(v[0:2]))
	clock, fine := clock(v[12:20])
	zone, known := zone(v[21:26])
	return (days*day + clock - zone) * second, ok && fine && known
}

// rfc3339Time reads "2019-12-12T16:53:29.25+01:00" as Unix nanoseconds; a
// space for the T, slashes in the date, a comma for the point and a zone without
// a colon are fine.
// Without a zone it is read as UTC, and zoned is false.
func rfc3339Time(v []byte) (ns int64, zoned, ok bool) {
	if len(v) < len("2019-12-12T16:53:29") || v[4] != '-' && v[4] != '/' || v[7] != v[4] {
		return 0, false, false
	}
	days, ok := civil(digits(v[0:4]), digits(v[5:7]), digits(v[8:10]))
	clock, fine := clock(v[11:19])
	if !ok || !fine || v[10]|0x20 != 't' && v[10] != ' ' {
		return 0, false, false
	}
	fraction, rest := fraction(v[19:])
	ns = (days*day+clock)*second + fraction
	if len(rest) == 0 {
		return ns, false, true
	}
	offset, ok := zone(rest)
	return ns - offset*second, true, ok
}

func fraction(v []byte) (ns int64, rest []byte) {
	if len(v) == 0 || v[0] != '.' && v[0] != ',' {
		return 0, v
	}
	return fractionDigits(v[1:])
}

func fractionDigits(v []byte) (ns int64, rest []byte) {
	end := 0
	unit := second
	for end < len(v) && v[end] >= '0' && v[end] <= '9' {
		unit /= 10
		ns += int64(v[end]-'0') * unit
		end++
	}
	return ns, v[end:]
}

// clock reads "16:53:29" as seconds; a leap second is the second after.
func clock(v []byte) (int64, bool) {
	h, m, s := digits(v[0:2]), digits(v[3:5]), digits(v[6:8])
	ok := v[2] == ':' && v[5] == ':' && h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s <= 60
	return h*3600 + m*60 + s, ok
}

// zone reads "Z", "+0100" or "+01:00" as seconds east of Greenwich.
func zone(v []byte) (int64, bool) {
	if len(v) == 1 && v[0]|0x20 == 'z' {
		return 0, true
	}
	if len(v) == 6 && v[3] == ':' {
		return zoneOf(v[0], v[1:3], v[4:6])
	}
	if len(v) == 5 {
		return zoneOf(v[0], v[1:3], v[3:5])
	}
	return 0, false
}

func zoneOf(sign byte, hours, minutes []byte) (int64, bool) {
	h, m := digits(hours), digits(minutes)
	if h < 0 || h > 15 || m < 0 || m > 59 {
		return 0, false
	}
	offset := h*3600 + m*60
	if sign == '-' {
		return -offset, true
	}
	return offset, sign == '+'
}

// local moves a time that was read as UTC into the zone in which it was
// written. Of the hour that a change of clocks repeats, it is the first; the
// hour that is left out is moved by the same amount.
func local(ns int64, in *time.Location) int64 {
	if in == nil {
		return ns
	}
	at := ns - offsetAt(ns, in)
	return ns - offsetAt(at, in)
}

func offsetAt(ns int64, in *time.Location) int64 {
	_, seconds := time.Unix(0, ns).In(in).Zone()
	return int64(seconds) * second
}

// civil gives the days since 1970-01-01 of a date of the Gregorian calendar;
// years before 1678 and after 2261 are read as these.
// Years are counted from March, so that the leap day is a year's last.
func civil(year, month, dayOfMonth int64) (int64, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > monthDays(year, month) {
		return 0, false
	}
	// Others do not fit into nanoseconds; they are not believed anyway.
	year = min(max(year, 1678), 2261)
	if month <= 2 {
		year--
		month += 12
	}
	dayOfYear := (153*(month-3)+2)/5 + dayOfMonth - 1
	const epoch = 719468 // days from 0000-03-01 to 1970-01-01
	return year*365 + year/4 - year/100 + year/400 + dayOfYear - epoch, true
}

func monthDays(year, month int64) int64 {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// digits reads two or four digits; anything else gives a negative number.
func digits(v []byte) int64 {
	n := int64(0)
	for _, c := range v {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// monthNumber gives 1 for "Jan", or 0.
func monthNumber(v []byte) int64 {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	i := bytes.Index([]byte(names), v)
	if i < 0 || i%3 != 0 {
		return 0
	}
	return int64(i/3) + 1
}
