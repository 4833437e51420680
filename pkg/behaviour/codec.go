package behaviour

import (
	"encoding/binary"
	"math"
)

// codec writes what is remembered, or reads it: one description of the order
// serves both. After the first mistake it reads zeros.
type codec struct {
	data    []byte // written, or left to be read
	reading bool
	failed  bool
}

func (c *codec) fail() { c.failed, c.data = true, nil }

// fixed is a number that uses all its bits.
func (c *codec) fixed(v *uint64) {
	switch {
	case !c.reading:
		c.data = binary.LittleEndian.AppendUint64(c.data, *v)
	case len(c.data) < 8:
		*v = 0
		c.fail()
	default:
		*v = binary.LittleEndian.Uint64(c.data)
		c.data = c.data[8:]
	}
}

// whole is a number from -1 to most.
func whole[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int | ~int8 | ~int32 | ~int64](c *codec, v *T, most T) {
	if !c.reading {
		c.data = binary.AppendVarint(c.data, int64(*v))
		return
	}
	n, size := binary.Varint(c.data)
	if size <= 0 || n < -1 || T(n) > most || int64(T(n)) != n {
		*v = 0
		c.fail()
		return
	}
	*v = T(n)
	c.data = c.data[size:]
}

// float is a number that is finite and not negative.
func (c *codec) float(v *float32) {
	bits := math.Float32bits(*v)
	whole(c, &bits, math.Float32bits(math.MaxFloat32))
	*v = math.Float32frombits(bits)
}

// signed is a number that is finite.
func (c *codec) signed(v *float32) {
	negative := uint8(math.Float32bits(*v) >> 31)
	size := float32(math.Abs(float64(*v)))
	whole(c, &negative, 1)
	c.float(&size)
	if *v = size; negative == 1 {
		*v = -size
	}
}

// floats are numbers of which most are zero.
func (c *codec) floats(list []float32) {
	sparse(c, list, func(v float32) bool { return v == 0 }, (*codec).float)
}

// bytes are numbers of which many are zero.
func (c *codec) bytes(list []uint8) {
	sparse(c, list, func(v uint8) bool { return v == 0 }, func(c *codec, v *uint8) { whole(c, v, registers) })
}

// sparse writes those that are not blank, each after how many it passes over.
func sparse[T any](c *codec, list []T, blank func(T) bool, one func(*codec, *T)) {
	kept := 0
	for _, v := range list {
		if !blank(v) {
			kept++
		}
	}
	whole(c, &kept, len(list))
	for at := 0; kept > 0 && !c.failed; kept-- {
		skip := 0
		if !c.reading {
			for blank(list[at+skip]) {
				skip++
			}
		}
		if whole(c, &skip, len(list)-kept-at); c.failed {
			return
		}
		at += skip
		one(c, &list[at])
		at++
	}
}

func (s *sketch) code(c *codec) {
	c.bytes(s.registers[:])
	c.float(&s.same)
	c.float(&s.count)
	if s.same >= registers {
		c.fail()
	}
}

// flag is yes or no.
func (c *codec) flag(v *bool) {
	n := uint8(0)
	if *v {
		n = 1
	}
	whole(c, &n, 1)
	*v = n == 1
}
