package series

import (
	"bufio"
	"encoding/binary"
	"math"
)

// codec writes a table's state, or reads it: what is coded says once what
// belongs to it, in which order. After the first error it does nothing.
type codec struct {
	w    *bufio.Writer // nil when it reads
	data []byte        // to be read
	err  error
	// first tells that what is read is of the encoding's first version.
	first bool
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func (c *codec) reads() bool { return c.w == nil }

func (c *codec) fail() { c.data, c.err = nil, ErrState }

// must fails unless something holds of what was read.
func (c *codec) must(holds bool) bool {
	if c.reads() && !holds {
		c.fail()
	}
	return c.err == nil
}

func (c *codec) write(b []byte) {
	if _, err := c.w.Write(b); err != nil && c.err == nil {
		c.err = err
	}
}

// number64 codes a number of any size.
func number64[T integer](c *codec, v *T) {
	if !c.reads() {
		c.write(binary.AppendVarint(c.w.AvailableBuffer(), int64(*v)))
		return
	}
	x, n := binary.Varint(c.data)
	if n <= 0 || int64(T(x)) != x {
		c.fail()
		*v = 0
		return
	}
	c.data = c.data[n:]
	*v = T(x)
}

// numbers codes several of a size.
func numbers[T integer](c *codec, all ...*T) {
	for _, v := range all {
		number64(c, v)
	}
}

// array codes an array's numbers.
func array[T integer](c *codec, all []T) {
	for i := range all {
		number64(c, &all[i])
	}
}

// key codes a hash, which would be long as a number.
func (c *codec) key(v *uint64) {
	if !c.reads() {
		c.write(binary.LittleEndian.AppendUint64(c.w.AvailableBuffer(), *v))
		return
	}
	if !c.must(len(c.data) >= 8) {
		*v = 0
		return
	}
	*v = binary.LittleEndian.Uint64(c.data)
	c.data = c.data[8:]
}

func (c *codec) flag(v *bool) {
	var x uint8
	if *v {
		x = 1
	}
	number64(c, &x)
	*v = x == 1
}

func (c *codec) float(v *float32) {
	x := math.Float32bits(*v)
	number64(c, &x)
	*v = math.Float32frombits(x)
	c.must(*v >= 0 && !math.IsInf(float64(*v), 0))
}

// bytes codes a text; what is read lies in what is read from.
func (c *codec) bytes(v []byte) []byte {
	n := c.length(len(v), math.MaxInt32)
	if !c.reads() {
		c.write(v)
		return v
	}
	v, c.data = c.data[:n], c.data[n:]
	return v
}

func (c *codec) text(v *string) {
	if read := c.bytes([]byte(*v)); c.reads() {
		*v = string(read)
	}
}

// length codes that of a list, of which each item takes a byte at least.
func (c *codec) length(n, max int) int {
	number64(c, &n)
	if !c.must(n >= 0 && n <= max && n <= len(c.data)) {
		return 0
	}
	return n
}

// list codes the items of a list of no more than max.
func list[T any](c *codec, items *[]T, max int, code func(*T)) {
	n := c.length(len(*items), max)
	for i := 0; i < n && c.err == nil; i++ {
		if c.reads() {
			var blank T
			*items = append(*items, blank)
		}
		code(&(*items)[i])
	}
}
