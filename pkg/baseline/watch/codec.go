package watch

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
)

// errState is what every fault of a snapshot is.
var errState = errors.New("it is cut, damaged or of another version")

// A coder writes a snapshot, or reads one, by the same walk over what is
// remembered: what is read is what was written, by construction. The first
// error ends it; what is read from then on is zero.
type coder struct {
	out io.Writer // nil: reads in
	buf []byte
	sum uint32
	in  []byte
	err error
	// scratch is where a model is written before its length is known.
	scratch []byte
	// frozen takes what is written, without the models; nil: it is written.
	frozen *frozen
}

const coderBuffer = 64 << 10

func (c *coder) writing() bool { return c.out != nil || c.frozen != nil }

func (c *coder) fail() {
	if c.err == nil {
		c.err = errState
	}
	c.in = nil
}

// put appends what was encoded, and passes it on when there is enough.
func (c *coder) put(b []byte) {
	c.buf = b
	if len(c.buf) >= coderBuffer && c.frozen == nil {
		c.flush()
	}
}

func (c *coder) flush() {
	c.sum = crc32.Update(c.sum, crc32.IEEETable, c.buf)
	if c.err == nil {
		_, c.err = c.out.Write(c.buf)
	}
	c.buf = c.buf[:0]
}

// end writes the checksum of all before it.
func (c *coder) end() error {
	c.flush()
	if c.err == nil {
		_, c.err = c.out.Write(binary.LittleEndian.AppendUint32(nil, c.sum))
	}
	return c.err
}

// checked is a snapshot without its checksum.
func checked(data []byte) ([]byte, error) {
	body := len(data) - 4
	if body < 0 || crc32.ChecksumIEEE(data[:body]) != binary.LittleEndian.Uint32(data[body:]) {
		return nil, errState
	}
	return data[:body], nil
}

func (c *coder) int(v *int64) {
	if c.writing() {
		c.put(binary.AppendVarint(c.buf, *v))
		return
	}
	x, n := binary.Varint(c.in)
	if n <= 0 {
		c.fail()
		return
	}
	*v, c.in = x, c.in[n:]
}

// whole is int for the other types of whole numbers.
func whole[T ~int | ~int8 | ~int16 | ~int32 | ~uint8 | ~uint16 | ~uint32 | ~uint64](c *coder, v *T) {
	x := int64(*v)
	c.int(&x)
	if !c.writing() {
		if *v = T(x); int64(*v) != x {
			c.fail()
		}
	}
}

func (c *coder) float(v *float64) {
	if c.writing() {
		c.put(binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(*v)))
	} else if b := c.take(8); b != nil {
		*v = math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
}

func (c *coder) small(v *float32) {
	if c.writing() {
		c.put(binary.LittleEndian.AppendUint32(c.buf, math.Float32bits(*v)))
	} else if b := c.take(4); b != nil {
		*v = math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
}

func (c *coder) smalls(v []float32) {
	if c.writing() {
		b := c.buf
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		c.put(b)
		return
	}
	for i := range v {
		c.small(&v[i])
	}
}

func (c *coder) flag(v *bool) {
	var x uint8
	if *v {
		x = 1
	}
	whole(c, &x)
	*v = x == 1
}

// take reads n bytes; nil if they are not there.
func (c *coder) take(n int) []byte {
	if n < 0 || n > len(c.in) {
		c.fail()
		return nil
	}
	b := c.in[:n]
	c.in = c.in[n:]
	return b
}

func (c *coder) bytes(v *[]byte) {
	n := c.count(len(*v))
	if c.writing() {
		c.put(append(c.buf, *v...))
	} else {
		*v = c.take(n)
	}
}

// text is for texts of any type.
func text[T ~string](c *coder, v *T) {
	b := []byte(*v)
	c.bytes(&b)
	*v = T(b)
}

// count writes or reads the length of what follows, each of which takes a byte
// at least.
func (c *coder) count(n int) int {
	x := int64(n)
	c.int(&x)
	if !c.writing() && (x < 0 || x > int64(len(c.in))) {
		c.fail()
		return 0
	}
	return int(x)
}

// each walks over a slice.
func each[T any](c *coder, s *[]T, walk func(*T)) {
	n := c.count(len(*s))
	if !c.writing() {
		*s = nil
	}
	for i := 0; i < n && c.err == nil; i++ {
		if !c.writing() {
			var zero T
			*s = append(*s, zero)
		}
		walk(&(*s)[i])
	}
}

// maybe walks over what a pointer leads to, if to anything.
func maybe[T any](c *coder, p **T, walk func(*T)) {
	there := *p != nil
	if c.flag(&there); !there || c.err != nil {
		*p = nil
		return
	}
	if !c.writing() {
		*p = new(T)
	}
	walk(*p)
}
