package metric

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time in nanoseconds since 1970: a date; a date and a time
// of day divided by T or a space, with or without seconds, a fraction and a
// zone (UTC where none is named); or a Unix time, whose unit is told by its
// size: under 9e9 seconds, under 9e12 milli-, under 9e15 micro-, else
// nanoseconds. ok is false for anything else.
func ParseTime(text []byte) (ns int64, ok bool) {
	text = bytes.TrimSpace(text)
	if len(text) >= 10 && (text[4] == '-' && text[7] == '-' || text[4] == '/' && text[7] == '/') {
		return parseDate(text)
	}
	return parseUnix(text)
}

func parseUnix(text []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err == nil {
		unit := unixUnit(math.Abs(float64(n)))
		return n * unit, true
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(math.Abs(x) < math.MaxInt64) {
		return 0, false
	}
	whole, fraction := math.Modf(x)
	unit := unixUnit(math.Abs(whole))
	return int64(whole)*unit + int64(math.Round(fraction*float64(unit))), true
}

// unixUnit is the unit of a Unix time in nanoseconds.
func unixUnit(size float64) int64 {
	switch {
	case size < 9e9:
		return int64(time.Second)
	case size < 9e12:
		return int64(time.Millisecond)
	case size < 9e15:
		return int64(time.Microsecond)
	}
	return 1
}

// parseDate reads 2006-01-02 and what may follow.
func parseDate(text []byte) (int64, bool) {
	d := digits{rest: text, ok: true}
	year := d.number(4)
	d.skip()
	month := d.number(2)
	d.skip()
	day := d.number(2)
	var clock, zone int64
	if len(d.rest) > 0 {
		d.one('T', 't', ' ')
		clock = d.clock()
		zone = d.zone()
	}
	if !d.ok || len(d.rest) > 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return (days(year, month, day)*86400-zone)*int64(time.Second) + clock, year >= 1678 && year < 2262
}

// daysIn tells how many days a month has.
func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// days counts the days since 1970-01-01, with years that begin in March so
// that a leap day is the last of its year.
func days(year, month, day int64) int64 {
	month = (month + 9) % 12
	year -= month / 10
	return 365*year + year/4 - year/100 + year/400 + (month*306+5)/10 + day - 1 - 719468
}

// digits takes fields of digits off a text.
type digits struct {
	rest []byte
	ok   bool
}

func (d *digits) number(width int) int64 {
	if len(d.rest) < width {
		d.ok = false
		return 0
	}
	n := int64(0)
	for _, c := range d.rest[:width] {
		if c < '0' || c > '9' {
			d.ok = false
		}
		n = 10*n + int64(c-'0')
	}
	d.rest = d.rest[width:]
	return n
}

// skip drops a byte that was looked at before.
func (d *digits) skip() {
	if len(d.rest) > 0 {
		d.rest = d.rest[1:]
	}
}

// one drops one of some bytes.
func (d *digits) one(of ...byte) {
	d.ok = d.ok && len(d.rest) > 0 && slices.Contains(of, d.rest[0])
	d.skip()
}

// clock reads 15:04, 15:04:05 or 15:04:05.999 as nanoseconds of the day. A
// leap second is the second after it.
func (d *digits) clock() int64 {
	hour := d.number(2)
	d.one(':')
	minute, second, fraction := d.number(2), int64(0), int64(0)
	if len(d.rest) > 0 && d.rest[0] == ':' {
		d.skip()
		second = d.number(2)
		if len(d.rest) > 0 && (d.rest[0] == '.' || d.rest[0] == ',') {
			d.skip()
			fraction = d.fraction()
		}
	}
	d.ok = d.ok && hour <= 24 && minute < 60 && second <= 60
	return ((hour*60+minute)*60+second)*int64(time.Second) + fraction
}

func (d *digits) fraction() int64 {
	n, unit := int64(0), int64(time.Second)
	for len(d.rest) > 0 && d.rest[0] >= '0' && d.rest[0] <= '9' {
		unit /= 10
		n += int64(d.rest[0]-'0') * unit
		d.skip()
	}
	return n
}

// zone reads Z, UTC, +02, +0200 or +02:00 as seconds east of UTC. Nothing is
// UTC.
func (d *digits) zone() int64 {
	if len(d.rest) > 1 && d.rest[0] == ' ' {
		d.skip()
	}
	switch string(d.rest) {
	case "", "Z", "z", "UTC", "GMT":
		d.rest = nil
		return 0
	}
	west := d.rest[0] == '-'
	d.one('+', '-')
	hours, minutes := d.number(2), int64(0)
	if len(d.rest) > 0 {
		if d.rest[0] == ':' {
			d.skip()
		}
		minutes = d.number(2)
	}
	d.ok = d.ok && hours < 24 && minutes < 60
	if west {
		return -(hours*60 + minutes) * 60
	}
	return (hours*60 + minutes) * 60
}

// parseValue reads a number; NaN is one that is missing or not finite. decimal
// may stand in place of the point.
func parseValue(text []byte, decimal byte) (float64, bool) {
	text = bytes.TrimSpace(text)
	if missing(text) {
		return math.NaN(), true
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil && decimal != 0 && bytes.Count(text, []byte{decimal}) == 1 {
		x, err = strconv.ParseFloat(string(bytes.Replace(text, []byte{decimal}, []byte{'.'}, 1)), 64)
	}
	switch {
	case math.IsInf(x, 0):
		return math.NaN(), true // too large to be one, or said to be infinite
	case err != nil:
		return 0, false
	}
	return x, true
}

func missing(text []byte) bool {
	switch {
	case len(text) == 0, len(text) == 1 && text[0] == '-':
		return true
	case len(text) > 4 || text[0] < 'A':
		return false
	}
	return slices.ContainsFunc([]string{"nan", "null", "na", "n/a", "none", "nil"}, func(word string) bool {
		return strings.EqualFold(word, string(text))
	})
}
