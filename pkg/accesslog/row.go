package accesslog

import (
	"bytes"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// row is the open row of a batch and the scratch memory to write its texts.
type row struct {
	*event.Batch
	valid   bool // the whole record is valid UTF-8, and so is every part of it
	escaped bool // the record has a backslash somewhere
	decoded []byte
	cleaned []byte
}

func (r *row) begin(record []byte, b *event.Batch) {
	r.Batch = b
	r.valid = utf8.Valid(record)
	r.escaped = bytes.IndexByte(record, '\\') >= 0
}

// text sets a field to a part of the record, or to what unescape made of one.
// "" and "-" are how logs write "unknown".
func (r *row) text(f event.TextField, v []byte) {
	if len(v) == 0 || len(v) == 1 && v[0] == '-' {
		return
	}
	if !r.valid && !utf8.Valid(v) {
		v = r.printable(v)
		r.Flag(event.BadEncoding)
	}
	r.SetText(f, v)
}

// unescape undoes the escaping of nginx (\xHH) and Apache (\xHH, \", \\, \n …).
// The result is valid until the next call.
func (r *row) unescape(v []byte) []byte {
	if !r.escaped || bytes.IndexByte(v, '\\') < 0 {
		return v
	}
	r.valid = false
	r.decoded = appendUnescaped(r.decoded[:0], v)
	return r.decoded
}

// printable writes the bytes that are not UTF-8 as \xHH.
func (r *row) printable(v []byte) []byte {
	r.cleaned = r.cleaned[:0]
	for len(v) > 0 {
		c, size := utf8.DecodeRune(v)
		if c == utf8.RuneError && size == 1 {
			r.cleaned = append(r.cleaned, '\\', 'x', hexDigits[v[0]>>4], hexDigits[v[0]&15])
		} else {
			r.cleaned = append(r.cleaned, v[:size]...)
		}
		v = v[size:]
	}
	return r.cleaned
}

const hexDigits = "0123456789ABCDEF"

func appendUnescaped(dst, v []byte) []byte {
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			dst = append(dst, v[i])
			continue
		}
		c, n := escapedByte(v[i+1:])
		if n == 0 {
			dst = append(dst, '\\')
			continue
		}
		dst = append(dst, c)
		i += n
	}
	return dst
}

// escapedByte reads what follows a backslash: the byte it stands for and the
// length of its escape, 0 when it is none.
func escapedByte(v []byte) (c byte, n int) {
	switch v[0] {
	case '"', '\\', '/':
		return v[0], 1
	case 'x', 'X':
		return hexByte(v[1:])
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'f':
		return '\f', 1
	case 'v':
		return '\v', 1
	}
	return 0, 0
}

func hexByte(v []byte) (c byte, n int) {
	if len(v) < 2 {
		return 0, 0
	}
	high, low := hexValue(v[0]), hexValue(v[1])
	if high < 0 || low < 0 {
		return 0, 0
	}
	return byte(high<<4 | low), 3
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
