package spoa

import "net/netip"

// Types of frames.
const (
	haproxyHello      = 1
	haproxyDisconnect = 2
	notify            = 3
	agentHello        = 101
	agentDisconnect   = 102
	agentAck          = 103
)

// Flags of frames. A frame without fin is a part of one.
const (
	fin   = 1
	abort = 2
)

// Types of values.
const (
	typeNull = iota
	typeBool
	typeInt32
	typeUint32
	typeInt64
	typeUint64
	typeIPv4
	typeIPv6
	typeText
	typeBinary
)

const boolTrue = 0x10 // in the byte of a value's type

// value is a typed value: text is that of text and binary values, and the
// bytes of an address; number is that of all others.
type value struct {
	kind   byte
	number uint64
	text   string
}

// address is the value as an address; it is invalid when it is none.
func (v value) address() netip.Addr {
	switch v.kind {
	case typeIPv4, typeIPv6:
		a, _ := netip.AddrFromSlice([]byte(v.text))
		return a
	case typeText:
		a, _ := netip.ParseAddr(v.text)
		return a
	}
	return netip.Addr{}
}

// reader takes a frame apart. From the first mistake on it gives zero values,
// and bad is set. What it gives are parts of the frame, no copies.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) fail() {
	r.rest, r.bad = "", true
}

// take gives the next n bytes.
func (r *reader) take(n uint64) string {
	if n > uint64(len(r.rest)) {
		r.fail()
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != "" {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	b := r.take(4)
	if r.bad {
		return 0
	}
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// varint reads a number of variable length: one byte below 240, else the low
// four bits with that byte and seven more with each that follows, the lowest
// first. Each byte adds to the number; the last is below 128.
func (r *reader) varint() uint64 {
	b := r.byte()
	n := uint64(b)
	if b < 240 {
		return n
	}
	for shift := 4; ; shift += 7 {
		b = r.byte()
		if r.bad || shift > 60 {
			r.fail()
			return 0
		}
		n += uint64(b) << shift
		if b < 128 {
			return n
		}
	}
}

// text reads a length and as many bytes.
func (r *reader) text() string { return r.take(r.varint()) }

func (r *reader) value() value {
	b := r.byte()
	v := value{kind: b & 0x0f}
	switch v.kind {
	case typeNull:
	case typeBool:
		v.number = uint64(b & boolTrue / boolTrue)
	case typeInt32, typeUint32, typeInt64, typeUint64:
		v.number = r.varint()
	case typeIPv4:
		v.text = r.take(4)
	case typeIPv6:
		v.text = r.take(16)
	case typeText, typeBinary:
		v.text = r.text()
	default:
		r.fail()
	}
	return v
}

// named reads a name and its value.
func (r *reader) named() (string, value) {
	name := r.text()
	return name, r.value()
}

func appendVarint(dst []byte, n uint64) []byte {
	if n < 240 {
		return append(dst, byte(n))
	}
	dst = append(dst, byte(n)|0xf0)
	for n = (n - 240) >> 4; n >= 128; n = (n - 128) >> 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

func appendText(dst []byte, s string) []byte {
	return append(appendVarint(dst, uint64(len(s))), s...)
}

func appendTextValue(dst []byte, s string) []byte {
	return appendText(append(dst, typeText), s)
}

func appendNumber(dst []byte, n uint32) []byte {
	return appendVarint(append(dst, typeUint32), uint64(n))
}
