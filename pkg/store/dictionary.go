package store

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// dictColumn holds strings of which few are different: each of them once, and
// for each row its number. It is sent as what the table has, so that the
// server need not look for equal strings again.
type dictColumn struct {
	header
	dict    dictionary
	numbers numberList
}

func newDictColumn(label string) *dictColumn {
	return &dictColumn{header: header{label: label}, dict: newDictionary()}
}

func (c *dictColumn) kind() string { return "LowCardinality(String)" }

func (c *dictColumn) reset() {
	c.clear()
	c.dict.reset()
	c.numbers.reset()
}

func (c *dictColumn) fill(rows int) { c.numbers.repeat(emptyText, c.missing(rows)) }

// add appends the rows of a batch's column, which ends where data ends.
func (c *dictColumn) add(before int, data []byte, ends []uint32) {
	if len(data) == 0 {
		return
	}
	c.fill(before)
	last, number, start := []byte(nil), uint32(emptyText), uint32(0)
	for _, end := range ends {
		if v := data[start:end]; !bytes.Equal(v, last) {
			last, number = v, c.dict.number(v)
		}
		c.numbers.add(number)
		start = end
	}
	c.grown(before + len(ends))
}

// repeat appends one string for each of a number of rows.
func (c *dictColumn) repeat(before int, s string, rows int) {
	if s == "" {
		return
	}
	c.fill(before)
	c.numbers.repeat(c.dict.number([]byte(s)), rows)
	c.grown(before + rows)
}

// What the Native format has in front of a LowCardinality column: once, that
// dictionaries come with the blocks; in each block, that this one does, with
// the width of the numbers in the low bits.
const (
	dictVersion   = 1
	dictWithBlock = 1<<9 | 1<<10
)

func (c *dictColumn) appendTo(b *body) {
	c.appendVersion(b)
	c.appendRows(b)
}

func (c *dictColumn) appendVersion(b *body) {
	b.small = binary.LittleEndian.AppendUint64(b.small, dictVersion)
}

// appendRows writes dictionary and rows; a column without rows has neither.
func (c *dictColumn) appendRows(b *body) {
	if c.rows == 0 {
		return
	}
	b.small = binary.LittleEndian.AppendUint64(b.small, dictWithBlock|uint64(c.numbers.width))
	b.small = binary.LittleEndian.AppendUint64(b.small, uint64(len(c.dict.texts)))
	b.add(c.dict.data)
	b.small = binary.LittleEndian.AppendUint64(b.small, uint64(c.rows))
	b.add(c.numbers.data)
}

// dictionary numbers different strings in the order in which they come.
type dictionary struct {
	data  []byte   // the strings, each after its length
	texts []span   // where they are, by number
	slots []uint32 // hash table of number+1; 0 is free; a power of two long
	seed  maphash.Seed
}

// span is a part of a dictionary's data.
type span struct{ from, to uint32 }

// emptyText is the number of the empty string, which every dictionary has.
const emptyText = 0

const firstSlots = 64

func newDictionary() dictionary {
	d := dictionary{seed: maphash.MakeSeed(), slots: make([]uint32, firstSlots)}
	d.number(nil)
	return d
}

func (d *dictionary) reset() {
	d.data, d.texts = d.data[:0], d.texts[:0]
	clear(d.slots)
	d.number(nil)
}

func (d *dictionary) text(number uint32) []byte {
	s := d.texts[number]
	return d.data[s.from:s.to]
}

// number gives the number of a string.
func (d *dictionary) number(v []byte) uint32 {
	slot := d.find(v)
	if *slot == 0 {
		return d.insert(slot, v)
	}
	return *slot - 1
}

// find gives the slot that a string has, or could have.
func (d *dictionary) find(v []byte) *uint32 {
	mask := uint32(len(d.slots) - 1)
	for at := uint32(maphash.Bytes(d.seed, v)) & mask; ; at = (at + 1) & mask {
		if n := d.slots[at]; n == 0 || bytes.Equal(d.text(n-1), v) {
			return &d.slots[at]
		}
	}
}

func (d *dictionary) insert(slot *uint32, v []byte) uint32 {
	number := uint32(len(d.texts))
	*slot = number + 1
	d.data = binary.AppendUvarint(d.data, uint64(len(v)))
	from := uint32(len(d.data))
	d.data = append(d.data, v...)
	d.texts = append(d.texts, span{from, uint32(len(d.data))})
	if 2*len(d.texts) > len(d.slots) {
		d.grow()
	}
	return number
}

func (d *dictionary) grow() {
	d.slots = make([]uint32, 2*len(d.slots))
	for number := range d.texts {
		*d.find(d.text(uint32(number))) = uint32(number) + 1
	}
}

// numberList holds numbers in as few bytes each as the largest of them needs:
// 1, 2 or 4, of which width is the logarithm.
type numberList struct {
	width uint8
	data  []byte
}

func (l *numberList) reset() { l.width, l.data = 0, l.data[:0] }

func (l *numberList) add(n uint32) {
	if !l.fits(n) {
		l.widen(n)
	}
	l.put(n)
}

func (l *numberList) fits(n uint32) bool { return uint64(n)>>(8<<l.width) == 0 }

func (l *numberList) put(n uint32) {
	switch l.width {
	case 0:
		l.data = append(l.data, byte(n))
	case 1:
		l.data = binary.LittleEndian.AppendUint16(l.data, uint16(n))
	default:
		l.data = binary.LittleEndian.AppendUint32(l.data, n)
	}
}

// repeat adds a number as often as there are rows.
func (l *numberList) repeat(n uint32, rows int) {
	if rows <= 0 {
		return
	}
	l.add(n)
	if l.width > 0 {
		for range rows - 1 {
			l.put(n)
		}
		return
	}
	at := len(l.data)
	l.data = appendZeros(l.data, rows-1)
	fillBytes(l.data[at:], byte(n))
}

// widen makes each number as wide as n needs.
func (l *numberList) widen(n uint32) {
	was := *l
	for !l.fits(n) {
		l.width++
	}
	l.data = slices.Grow([]byte(nil), 2*len(was.data)<<(l.width-was.width))
	for i := 0; i < len(was.data); i += 1 << was.width {
		l.put(was.at(i))
	}
}

// at reads the number that begins at an offset.
func (l *numberList) at(i int) uint32 {
	switch l.width {
	case 0:
		return uint32(l.data[i])
	case 1:
		return uint32(binary.LittleEndian.Uint16(l.data[i:]))
	}
	return binary.LittleEndian.Uint32(l.data[i:])
}
