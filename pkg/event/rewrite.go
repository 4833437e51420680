package event

import "slices"

// MapText rewrites a text column of the closed rows; no row may be open. fn
// gets every row in order, with an empty v where the value is unknown: it
// appends the new value to dst and tells that it did, or leaves dst alone and
// returns false. While nothing changes the column stays as it is, an untouched
// one included. Slices of the column that were handed out before are invalid
// afterwards; those that fn reads while it is called are the old values.
//
// It allocates for growth only: the memory of the old column serves the next
// call, which may be for another field.
func (b *Batch) MapText(f TextField, fn func(row int, dst, v []byte) (out []byte, changed bool)) {
	old := &b.texts[f]
	next, begun := text{data: b.spare.data[:0], ends: b.spare.ends[:0]}, false
	for row := range b.rows {
		v := old.at(row)
		out, changed := fn(row, next.data, v)
		switch {
		case changed && !begun:
			begun = true
			next.ends = old.head(row, next.ends)
			next.data = slices.Insert(out, 0, old.data[:last(next.ends)]...)
		case changed:
			next.data = out
		case begun:
			next.data = append(next.data, v...)
		default:
			continue
		}
		next.ends = append(next.ends, uint32(len(next.data)))
	}
	b.spare = next
	if begun {
		b.spare, *old = *old, next
	}
}

// SetTextColumn replaces a text column of the closed rows; no row may be open.
// The column is as TextColumn gives it, of this batch or of another with the same
// rows, and is copied.
func (b *Batch) SetTextColumn(f TextField, data []byte, ends []uint32) {
	c := &b.texts[f]
	c.data, c.ends = append(c.data[:0], data...), append(c.ends[:0], ends...)
}

// MapAddr rewrites an address column in place; fn gets the known addresses
// only, and may return the unknown one.
func (b *Batch) MapAddr(f AddrField, fn func(Addr) Addr) {
	values := b.addrs[f].values
	for i, a := range values {
		if a != (Addr{}) {
			values[i] = fn(a)
		}
	}
}

// head gives the ends of the first rows, those that the column lacks included.
func (c *text) head(rows int, ends []uint32) []uint32 {
	ends = append(ends, c.ends[:min(rows, len(c.ends))]...)
	for len(ends) < rows {
		ends = append(ends, last(ends))
	}
	return ends
}

func last(ends []uint32) uint32 {
	if len(ends) == 0 {
		return 0
	}
	return ends[len(ends)-1]
}
