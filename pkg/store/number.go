package store

import (
	"encoding/binary"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// numberType is how ClickHouse holds a number.
type numberType struct {
	name string
	size int // bytes: 2, 4 or 8
}

// The types of the tables.
var (
	uint16Type = numberType{"UInt16", 2}
	int32Type  = numberType{"Int32", 4}
	uint32Type = numberType{"UInt32", 4}
	int64Type  = numberType{"Int64", 8}
	uint64Type = numberType{"UInt64", 8}
	timeType   = numberType{"DateTime64(9, 'UTC')", 8}
)

// intColumn holds numbers, NULL where they are unknown if it may be.
type intColumn struct {
	header
	typ      numberType
	nullable bool
	blank    int64 // for unknown values of a column that is not nullable
	data     []byte
	nulls    []byte
}

func newIntColumn(label string, typ numberType) *intColumn {
	return &intColumn{header: header{label: label}, typ: typ}
}

func (c *intColumn) kind() string {
	if c.nullable {
		return "Nullable(" + c.typ.name + ")"
	}
	return c.typ.name
}

func (c *intColumn) reset() { c.clear(); c.data, c.nulls = c.data[:0], c.nulls[:0] }

func (c *intColumn) fill(rows int) { c.put(event.Unknown, c.missing(rows)) }

// put appends one number for each of a number of rows.
func (c *intColumn) put(v int64, rows int) {
	if rows <= 0 {
		return
	}
	if c.nullable {
		at := len(c.nulls)
		c.nulls = appendZeros(c.nulls, rows)
		if v == event.Unknown {
			fillBytes(c.nulls[at:], 1)
		}
	}
	if v == event.Unknown {
		v = c.blank
	}
	c.data = slices.Grow(c.data, rows*c.typ.size)
	for range rows {
		c.data = c.typ.append(c.data, v)
	}
}

// append writes a number in its size; what does not fit is cut off.
func (t numberType) append(dst []byte, v int64) []byte {
	switch t.size {
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(v))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(v))
}

func (c *intColumn) add(before int, values []int64) {
	if len(values) == 0 {
		return
	}
	c.fill(before)
	if c.nullable {
		c.addNulls(values)
	}
	c.data = slices.Grow(c.data, len(values)*c.typ.size)
	for _, v := range values {
		if v == event.Unknown {
			v = c.blank
		}
		c.data = c.typ.append(c.data, v)
	}
	c.grown(before + len(values))
}

func (c *intColumn) addNulls(values []int64) {
	at := len(c.nulls)
	c.nulls = appendZeros(c.nulls, len(values))
	for i, v := range values {
		if v == event.Unknown {
			c.nulls[at+i] = 1
		}
	}
}

func (c *intColumn) repeat(before int, v int64, rows int) {
	c.fill(before)
	c.put(v, rows)
	c.grown(before + rows)
}

func (c *intColumn) appendTo(b *body) {
	b.add(c.nulls)
	b.add(c.data)
}

func fillBytes(dst []byte, v byte) {
	for i := range dst {
		dst[i] = v
	}
}
