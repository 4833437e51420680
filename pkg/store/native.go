package store

import (
	"encoding/binary"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// A block of ClickHouse's Native format is built column by column from the
// bytes that a batch already holds: no value of a row is ever boxed or
// allocated. Each column grows on its own over any number of batches; one
// that no row has touched is left out of the insert, and the table's default
// stands for it. Types are those of the table, so that the server converts
// nothing.

// column is one column of an insert under construction.
type column interface {
	name() string
	kind() string // ClickHouse type of the data as sent
	used() bool
	// fill adds default values up to a number of rows.
	fill(rows int)
	// appendTo writes the rows. What it hands to b is used until reset.
	appendTo(b *body)
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

// grown notes that a batch's rows have been added.
func (h *header) grown(rows int) { h.rows, h.touched = rows, true }

func (h *header) clear() { h.rows, h.touched = 0, false }

// textColumn holds strings, each after its length.
type textColumn struct {
	header
	data []byte
}

func newTextColumn(label string) *textColumn { return &textColumn{header: header{label: label}} }

func (c *textColumn) kind() string { return "String" }

func (c *textColumn) reset() { c.clear(); c.data = c.data[:0] }

func (c *textColumn) fill(rows int) { c.data = appendZeros(c.data, c.missing(rows)) }

func (c *textColumn) appendTo(b *body) { b.add(c.data) }

// add appends the rows of a batch's column, which ends where data ends.
func (c *textColumn) add(before int, data []byte, ends []uint32) {
	if len(data) == 0 {
		return
	}
	c.fill(before)
	c.data = slices.Grow(c.data, len(data)+2*len(ends))
	start := uint32(0)
	for _, end := range ends {
		c.data = binary.AppendUvarint(c.data, uint64(end-start))
		c.data = append(c.data, data[start:end]...)
		start = end
	}
	c.grown(before + len(ends))
}

// one appends the string of one row.
func (c *textColumn) one(before int, s string) {
	if s == "" {
		return
	}
	c.fill(before)
	c.data = appendString(c.data, s)
	c.grown(before + 1)
}

// listColumn holds lists of short strings, of which few are different: the
// ends of the lists, then the strings back to back.
type listColumn struct {
	header
	ends  []byte
	items *dictColumn
}

func newListColumn(label string) *listColumn {
	return &listColumn{header: header{label: label}, items: newDictColumn("")}
}

func (c *listColumn) kind() string { return "Array(" + c.items.kind() + ")" }

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
	c.grown(before + len(flags))
}

func (c *listColumn) appendTo(b *body) {
	c.items.appendVersion(b)
	b.add(c.ends)
	c.items.appendRows(b)
}

// appendBlock writes the used columns as one block of the Native format.
func appendBlock(b *body, columns []column, rows int) {
	n := 0
	for _, c := range columns {
		if c.used() {
			n++
		}
	}
	b.small = binary.AppendUvarint(b.small, uint64(n))
	b.small = binary.AppendUvarint(b.small, uint64(rows))
	for _, c := range columns {
		if c.used() {
			c.fill(rows)
			b.small = appendString(b.small, c.name())
			b.small = appendString(b.small, c.kind())
			c.appendTo(b)
		}
	}
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendZeros(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	dst = slices.Grow(dst, n)
	at := len(dst)
	dst = dst[:at+n]
	clear(dst[at:])
	return dst
}
