package event

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// dictionary numbers the different strings of a text column, so that each is
// encoded once: less to compress, and less to unpack by each consumer. It
// serves one column after the other.
type dictionary struct {
	seed   maphash.Seed
	slots  [4 * maxDistinct]uint16 // hash table of number+1; 0 is free
	texts  [][]byte                // by number, in the order of their first row
	number []byte                  // by row
}

const (
	// maxDistinct is how many different strings a dictionary has at most:
	// their numbers fit into a byte.
	maxDistinct = 256
	// trial is after how many rows a column is given up in which more than
	// half of the strings differ.
	trial = 128
)

func newDictionary() *dictionary { return &dictionary{seed: maphash.MakeSeed()} }

// take numbers the strings of a column. It gives up, and returns false, when
// they are too different.
func (d *dictionary) take(c *text) bool {
	clear(d.slots[:])
	d.texts, d.number = d.texts[:0], d.number[:0]
	last, number, start := []byte(nil), byte(0), uint32(0)
	for row, end := range c.ends {
		v := c.data[start:end]
		start = end
		if row == 0 || !bytes.Equal(v, last) {
			slot := d.find(v)
			if *slot == 0 {
				if len(d.texts) == maxDistinct || row >= trial && row < 2*trial && 2*len(d.texts) > row {
					return false
				}
				d.texts = append(d.texts, v)
				*slot = uint16(len(d.texts))
			}
			last, number = v, byte(*slot-1)
		}
		d.number = append(d.number, number)
	}
	return true
}

// find gives the slot that a string has, or could have.
func (d *dictionary) find(v []byte) *uint16 {
	const mask = uint64(len(d.slots) - 1)
	for at := maphash.Bytes(d.seed, v) & mask; ; at = (at + 1) & mask {
		if n := d.slots[at]; n == 0 || bytes.Equal(d.texts[n-1], v) {
			return &d.slots[at]
		}
	}
}

// append writes the column that was taken: the number of rows and that of
// different strings, their lengths, their bytes, and the numbers of the rows.
func (d *dictionary) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(d.number)))
	dst = binary.AppendUvarint(dst, uint64(len(d.texts)))
	for _, v := range d.texts {
		dst = binary.AppendUvarint(dst, uint64(len(v)))
	}
	for _, v := range d.texts {
		dst = append(dst, v...)
	}
	return append(dst, d.number...)
}

// dictionary reads what append wrote and unfolds it.
func (r *reader) dictionary(c *text, rows int) {
	n, distinct := r.count(1), r.count(1)
	if n > rows || distinct > maxDistinct || len(c.ends) > 0 {
		r.fail()
		return
	}
	var lengths [maxDistinct]int
	for i := range distinct {
		lengths[i] = r.count(1)
	}
	var texts [maxDistinct][]byte
	for i := range distinct {
		texts[i] = r.bytes(lengths[i])
	}
	r.unfold(c, texts[:distinct], r.bytes(n))
}

// unfold writes the strings out. A forged batch may not get more memory this
// way than one that is written out already.
func (r *reader) unfold(c *text, texts [][]byte, numbers []byte) {
	size := 0
	for _, n := range numbers {
		if int(n) >= len(texts) {
			r.fail()
			return
		}
		size += len(texts[n])
	}
	if r.unfolded += size; r.unfolded > maxDecoded {
		r.fail()
		return
	}
	c.grow(size, len(numbers))
	for _, n := range numbers {
		c.data = append(c.data, texts[n]...)
		c.ends = append(c.ends, uint32(len(c.data)))
	}
}
