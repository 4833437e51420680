package store

import (
	"encoding/binary"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// A block of ClickHouse's Native format is built column by column from the
// bytes that a batch already holds: no value of a row is ever boxed or
// allocated. Each column grows on its own over any number of batches; one
// that no row has touched is left out of the insert, and the table's default
// stands for it. The server converts types where the table's are narrower
// (Int64 to Int32) or have a dictionary (LowCardinality).

// column is one column of an insert under construction.
type column interface {
	name() string
	kind() string // ClickHouse type of the data as sent
	used() bool
	// fill adds default values up to a number of rows.
	fill(rows int)
	appendTo(dst []byte) []byte
	reset()
}

// header is what all columns have.
type header struct {
	label   string
	rows    int
	touched bool
}

func (h *header) name() string { return h.label }
func (h *header) used() bool   { return h.touched }

// missing gives how many rows are to be filled, and counts them as filled.
func (h *header) missing(rows int) int {
	n := rows - h.rows
	h.rows = rows
	return n
}

func (h *header) clear() { h.rows, h.touched = 0, false }

// textColumn holds strings, each after its length.
type textColumn struct {
	header
	data []byte
}

func (c *textColumn) kind() string { return "String" }

func (c *textColumn) reset() { c.clear(); c.data = c.data[:0] }

func (c *textColumn) fill(rows int) { c.data = appendZeros(c.data, c.missing(rows)) }

func (c *textColumn) appendTo(dst []byte) []byte { return append(dst, c.data...) }

// add appends the rows of a batch's column, which ends where data ends.
func (c *textColumn) add(before int, data []byte, ends []uint32) {
	if len(data) == 0 {
		return
	}
	c.fill(before)
	start := uint32(0)
	for _, end := range ends {
		c.data = binary.AppendUvarint(c.data, uint64(end-start))
		c.data = append(c.data, data[start:end]...)
		start = end
	}
	c.rows, c.touched = before+len(ends), true
}

// repeat appends one string for each of a number of rows.
func (c *textColumn) repeat(before int, s string, rows int) {
	if s == "" {
		return
	}
	c.fill(before)
	for range rows {
		c.data = binary.AppendUvarint(c.data, uint64(len(s)))
		c.data = append(c.data, s...)
	}
	c.rows, c.touched = before+rows, true
}

// addAddresses appends addresses as text.
func (c *textColumn) addAddresses(before int, addrs []event.Addr) {
	if len(addrs) == 0 {
		return
	}
	c.fill(before)
	for i := range addrs {
		c.data = appendAddress(c.data, addrs[i].Netip())
	}
	c.rows, c.touched = before+len(addrs), true
}

// appendAddress writes an address as a string of the Native format. Its text
// is shorter than 128 bytes, so its length takes one.
func appendAddress(dst []byte, a netip.Addr) []byte {
	at := len(dst)
	dst = append(dst, 0)
	if a.IsValid() {
		dst = a.AppendTo(dst)
	}
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// intColumn holds 64-bit numbers, NULL where they are unknown if it may be.
type intColumn struct {
	header
	typ      string
	nullable bool
	blank    int64 // for unknown values of a column that is not nullable
	data     []byte
	nulls    []byte
}

func (c *intColumn) kind() string {
	if c.nullable {
		return "Nullable(" + c.typ + ")"
	}
	return c.typ
}

func (c *intColumn) reset() { c.clear(); c.data, c.nulls = c.data[:0], c.nulls[:0] }

func (c *intColumn) fill(rows int) {
	for range c.missing(rows) {
		c.put(event.Unknown)
	}
}

func (c *intColumn) put(v int64) {
	null := byte(0)
	if v == event.Unknown {
		v, null = c.blank, 1
	}
	c.data = binary.LittleEndian.AppendUint64(c.data, uint64(v))
	if c.nullable {
		c.nulls = append(c.nulls, null)
	}
}

func (c *intColumn) add(before int, values []int64) {
	if len(values) == 0 {
		return
	}
	c.fill(before)
	for _, v := range values {
		c.put(v)
	}
	c.rows, c.touched = before+len(values), true
}

func (c *intColumn) repeat(before int, v int64, rows int) {
	c.fill(before)
	for range rows {
		c.put(v)
	}
	c.rows, c.touched = before+rows, true
}

func (c *intColumn) appendTo(dst []byte) []byte {
	return append(append(dst, c.nulls...), c.data...)
}

// listColumn holds lists of short strings: the ends of the lists, then the
// strings back to back.
type listColumn struct {
	header
	ends  []byte
	items textColumn
}

func (c *listColumn) kind() string { return "Array(String)" }

func (c *listColumn) reset() {
	c.clear()
	c.ends = c.ends[:0]
	c.items.reset()
}

func (c *listColumn) fill(rows int) {
	for range c.missing(rows) {
		c.end()
	}
}

func (c *listColumn) end() {
	c.ends = binary.LittleEndian.AppendUint64(c.ends, uint64(c.items.rows))
}

// addFlags appends the names of quality flags.
func (c *listColumn) addFlags(before int, flags []int64) {
	if len(flags) == 0 {
		return
	}
	c.fill(before)
	// Most rows of a log have the same flags.
	was, names := event.Unknown, []string(nil)
	for _, f := range flags {
		if f != was {
			was, names = f, event.Flags(max(f, 0)).Names()
		}
		for _, name := range names {
			c.items.repeat(c.items.rows, name, 1)
		}
		c.end()
	}
	c.rows, c.touched = before+len(flags), true
}

func (c *listColumn) appendTo(dst []byte) []byte {
	return append(append(dst, c.ends...), c.items.data...)
}

// appendBlock writes the used columns as one block of the Native format.
func appendBlock(dst []byte, columns []column, rows int) []byte {
	n := 0
	for _, c := range columns {
		if c.used() {
			n++
		}
	}
	dst = binary.AppendUvarint(dst, uint64(n))
	dst = binary.AppendUvarint(dst, uint64(rows))
	for _, c := range columns {
		if c.used() {
			c.fill(rows)
			dst = appendString(dst, c.name())
			dst = appendString(dst, c.kind())
			dst = c.appendTo(dst)
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendZeros(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	return append(dst, make([]byte, n)...)
}
