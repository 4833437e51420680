package match

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Text appends what the field's own column says on a row, undecoded, as text;
// nothing when it is unknown. Several values are joined by commas. It is safe
// for concurrent use.
func (f Field) Text(b *event.Batch, row int, dst []byte) []byte {
	own, ok := f.own()
	if !ok {
		return dst
	}
	return appendRaw(dst, b, row, own)
}

// Number is what the field's own column says on a row as a number: a time in
// Unix seconds, a text read as a decimal. It is false when there is none.
func (f Field) Number(b *event.Batch, row int) (float64, bool) {
	own, ok := f.own()
	if !ok {
		return 0, false
	}
	return numberOf(b, row, own)
}

// appendRaw appends a column's undecoded text on a row.
func appendRaw(dst []byte, b *event.Batch, row int, c column) []byte {
	switch c.shape() {
	case numberShape:
		if v, ok := numberOf(b, row, c); ok {
			return strconv.AppendFloat(dst, v, 'f', -1, 64)
		}
		return dst
	case timeShape:
		return appendTime(dst, b, row, c)
	case flagsShape:
		return appendJoined(dst, b.Flags(row).Names())
	case addrShape:
		if a := b.Addr(c.addr(), row); a.IsValid() {
			return a.AppendTo(dst)
		}
		return dst
	case headerShape:
		return append(dst, c.header(b)...)
	case attackShape:
		return appendJoined(dst, attacks(b, row, c).Names())
	}
	return appendMade(dst, b, row, c)
}

// appendMade appends a text column, or what is made of several.
func appendMade(dst []byte, b *event.Batch, row int, c column) []byte {
	switch c {
	case targetColumn:
		return appendTarget(dst, b.Text(event.Path, row), b.Text(event.Query, row))
	case urlColumn:
		return appendURL(dst, b, row)
	case extensionColumn:
		return append(dst, extension(b.Text(event.Path, row))...)
	case requestColumn:
		return appendRequest(dst, b, row, appendRaw(nil, b, row, targetColumn))
	}
	return append(dst, b.Text(c.text(), row)...)
}

func appendTarget(dst, path, query []byte) []byte {
	dst = append(dst, path...)
	if len(query) > 0 {
		dst = append(append(dst, '?'), query...)
	}
	return dst
}

// appendURL appends host and target, nothing when the host is unknown.
func appendURL(dst []byte, b *event.Batch, row int) []byte {
	host := b.Text(event.Host, row)
	if len(host) == 0 {
		return dst
	}
	return appendTarget(append(dst, host...), b.Text(event.Path, row), b.Text(event.Query, row))
}

// appendRequest appends the request line with a target; what is unknown is
// left out.
func appendRequest(dst []byte, b *event.Batch, row int, target []byte) []byte {
	start := len(dst)
	for _, part := range [...][]byte{b.Text(event.Method, row), target, b.Text(event.Protocol, row)} {
		if len(part) == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = append(dst, part...)
	}
	return dst
}

// extension is what follows the last dot of a path's last segment.
func extension(path []byte) []byte {
	last := path[bytes.LastIndexByte(path, '/')+1:]
	dot := bytes.LastIndexByte(last, '.')
	if dot < 0 {
		return nil
	}
	return last[dot+1:]
}

func appendTime(dst []byte, b *event.Batch, row int, c column) []byte {
	at, ok := timeOf(b, row)
	switch {
	case !ok:
		return dst
	case c == dateColumn:
		return at.AppendFormat(dst, time.DateOnly)
	}
	return at.AppendFormat(dst, time.RFC3339Nano)
}

func appendJoined(dst []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	return dst
}

func timeOf(b *event.Batch, row int) (time.Time, bool) {
	ns := b.Number(event.Time, row)
	return time.Unix(0, ns).UTC(), ns != event.Unknown
}

// numberOf is a column's number on a row.
func numberOf(b *event.Batch, row int, c column) (float64, bool) {
	switch {
	case c == takenColumn:
		ns := b.Number(event.Duration, row)
		return float64(ns) / float64(time.Millisecond), ns != event.Unknown
	case c.shape() == timeShape:
		ns := b.Number(event.Time, row)
		return float64(ns/int64(time.Second)) + float64(ns%int64(time.Second))/float64(time.Second), ns != event.Unknown
	case c.shape() == numberShape:
		v := b.Number(c.number(), row)
		return float64(v), v != event.Unknown
	case c < firstNumber:
		return decimal(b.Text(c.text(), row))
	}
	return decimal(appendRaw(nil, b, row, c))
}

// maxDecimal is the longest text that is read as a number.
const maxDecimal = 32

// decimal reads a text as a decimal number.
func decimal(v []byte) (float64, bool) {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || len(v) > maxDecimal {
		return 0, false
	}
	for _, c := range v {
		if (c < '0' || c > '9') && bytes.IndexByte([]byte("+-.eE"), c) < 0 {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil && !math.IsInf(n, 0)
}

// partOf is a part of a time.
func partOf(at time.Time, part sigma.Part) float64 {
	switch part {
	case sigma.Minute:
		return float64(at.Minute())
	case sigma.Hour:
		return float64(at.Hour())
	case sigma.Day:
		return float64(at.Day())
	case sigma.Week:
		_, week := at.ISOWeek()
		return float64(week)
	case sigma.Month:
		return float64(at.Month())
	}
	return float64(at.Year())
}

// flagNames are the names of the quality flags, by bit.
var flagNames = namesOfFlags()

func namesOfFlags() (names [][]byte) {
	for _, name := range event.Flags(-1).Names() {
		names = append(names, []byte(name))
	}
	return names
}
