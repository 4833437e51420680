package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A result of ClickHouse's Native format is read block by block into the
// memory of the block before, which native.go's columns are the writing side
// of. The types are those that the query gives: strings, strings with a
// dictionary, and 64-bit numbers.

// cells are the strings of a column: each in data, or, with a dictionary, each
// different one.
type cells struct {
	data    []byte
	spans   []span
	numbers []uint32 // by row, into spans; nil: spans are by row
	blank   bool     // all are empty
}

// at is the string of a row, valid until the next block.
func (c *cells) at(row int) []byte {
	if len(c.numbers) > 0 {
		row = int(c.numbers[row])
	}
	s := c.spans[row]
	return c.data[s.from:s.to]
}

// nativeBlock is one block of a result, its columns in the order in which the
// query names them.
type nativeBlock struct {
	rows    int
	columns []nativeColumn
	texts   []cells // by column, for strings
	numbers [][]int64
}

// nativeColumn is a column that a result has to have.
type nativeColumn struct {
	name   string
	number bool // its values are Int64; else strings, with a dictionary or without
}

func newNativeBlock(columns []nativeColumn) *nativeBlock {
	return &nativeBlock{columns: columns, texts: make([]cells, len(columns)), numbers: make([][]int64, len(columns))}
}

// Bounds of what a block may claim to hold; the blocks asked for are far
// smaller.
const (
	maxBlockRows  = 1 << 20
	maxBlockBytes = 1 << 30
)

// readPiece is how much of a large string is read at once.
const readPiece = 1 << 20

var errBlock = errors.New("not a block of the Native format")

// nativeReader reads blocks.
type nativeReader struct {
	in  *bufio.Reader
	buf []byte
}

func newNativeReader(in io.Reader) *nativeReader {
	return &nativeReader{in: bufio.NewReaderSize(in, 1<<20)}
}

// next reads a block into b. It gives io.EOF at the end of the result.
func (r *nativeReader) next(b *nativeBlock) error {
	columns, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	rows, err := r.size(maxBlockRows)
	if err != nil {
		return err
	}
	if columns != uint64(len(b.columns)) {
		return fmt.Errorf("%w: %d columns, want %d", errBlock, columns, len(b.columns))
	}
	b.rows = rows
	for i := range b.columns {
		if err := r.column(b, i); err != nil {
			return err
		}
	}
	return nil
}

// column reads one column with its name and type.
func (r *nativeReader) column(b *nativeBlock, i int) error {
	name, err := r.text()
	if err != nil {
		return err
	}
	column := b.columns[i]
	if string(name) != column.name {
		return fmt.Errorf("%w: column %d is %q, want %s", errBlock, i, name, column.name)
	}
	kind, err := r.text()
	if err != nil || b.rows == 0 {
		return err
	}
	switch {
	case column.number && string(kind) == "Int64":
		b.numbers[i], err = r.int64s(b.numbers[i], b.rows)
	case !column.number && string(kind) == "String":
		b.texts[i].numbers = b.texts[i].numbers[:0]
		err = r.strings(&b.texts[i], b.rows)
	case !column.number && string(kind) == "LowCardinality(String)":
		err = r.dictionary(&b.texts[i], b.rows)
	default:
		err = fmt.Errorf("%w: it is a %q", errBlock, kind)
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", column.name, err)
	}
	return nil
}

// size reads a number of things that are not more than most.
func (r *nativeReader) size(most uint64) (int, error) {
	n, err := binary.ReadUvarint(r.in)
	if err == nil && n > most {
		err = fmt.Errorf("%w: %d of something", errBlock, n)
	}
	return int(n), whole(err)
}

// whole makes an end in the middle of a block an error.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *nativeReader) text() ([]byte, error) {
	n, err := r.size(1 << 10)
	if err != nil {
		return nil, err
	}
	return r.bytes(n)
}

// bytes reads so many; they are valid until the next read.
func (r *nativeReader) bytes(n int) ([]byte, error) {
	r.buf = slices.Grow(r.buf[:0], n)[:n]
	_, err := io.ReadFull(r.in, r.buf)
	return r.buf, whole(err)
}

// strings reads so many strings, each after its length.
func (r *nativeReader) strings(c *cells, n int) error {
	c.data, c.spans = c.data[:0], slices.Grow(c.spans[:0], n)
	for len(c.spans) < n {
		if r.buffered(c, n); len(c.spans) == n {
			break
		}
		if err := r.one(c); err != nil {
			return err
		}
	}
	c.blank = len(c.data) == 0
	return nil
}

// buffered takes the strings that lie in the reader's buffer as a whole: nearly
// all of them.
func (r *nativeReader) buffered(c *cells, n int) {
	window, _ := r.in.Peek(r.in.Buffered()) // what is there is there
	at := 0
	for len(c.spans) < n && at < len(window) {
		size, width := uint64(window[at]), 1
		if size >= 0x80 {
			size, width = binary.Uvarint(window[at:])
		}
		if width <= 0 || size > uint64(len(window)-at-width) {
			break
		}
		from := len(c.data)
		at += width
		c.data = append(c.data, window[at:at+int(size)]...)
		c.spans = append(c.spans, span{uint32(from), uint32(len(c.data))})
		at += int(size)
	}
	_, _ = r.in.Discard(at) // not more than was peeked at
}

// one takes a string that lies in the buffer in part.
func (r *nativeReader) one(c *cells) error {
	from := len(c.data)
	size, err := r.size(maxBlockBytes)
	if err != nil {
		return err
	}
	if from+size > maxBlockBytes {
		return fmt.Errorf("%w: more than %d bytes in a column", errBlock, maxBlockBytes)
	}
	c.spans = append(c.spans, span{uint32(from), uint32(from + size)})
	// Memory is taken for what is there, not for what is claimed.
	for end := from + size; len(c.data) < end; {
		at := len(c.data)
		c.data = slices.Grow(c.data, min(end-at, readPiece))[:min(end, at+readPiece)]
		if _, err := io.ReadFull(r.in, c.data[at:]); err != nil {
			return whole(err)
		}
	}
	return nil
}

// dictionary reads a dictionary, then the number of each row's string in it.
func (r *nativeReader) dictionary(c *cells, rows int) error {
	head, err := r.words(3)
	if err != nil {
		return err
	}
	if head[0] != dictVersion || head[1]&dictOwn == 0 || head[1]&0xff > widest || head[2] > maxBlockRows {
		return fmt.Errorf("%w: dictionary of version %d, flags %x and %d strings", errBlock, head[0], head[1], head[2])
	}
	width := 1 << (head[1] & 0xff)
	if err := r.strings(c, int(head[2])); err != nil {
		return err
	}
	counted, err := r.words(1)
	if err != nil {
		return err
	}
	if counted[0] != uint64(rows) {
		return fmt.Errorf("%w: %d numbers for %d rows", errBlock, counted[0], rows)
	}
	return r.places(c, rows, width)
}

// Of a dictionary's flags: it comes with the block itself; and the logarithm of
// the most bytes that a number may have.
const (
	dictOwn = 1 << 9
	widest  = 3
)

// places reads the numbers of a dictionary's rows.
func (r *nativeReader) places(c *cells, rows, width int) error {
	raw, err := r.bytes(rows * width)
	if err != nil {
		return err
	}
	c.numbers = slices.Grow(c.numbers[:0], rows)
	for ; len(raw) > 0; raw = raw[width:] {
		n := place(raw, width)
		if n >= uint64(len(c.spans)) {
			return fmt.Errorf("%w: string %d of %d", errBlock, n, len(c.spans))
		}
		c.numbers = append(c.numbers, uint32(n))
	}
	return nil
}

func place(raw []byte, width int) uint64 {
	switch width {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(raw))
	case 4:
		return uint64(binary.LittleEndian.Uint32(raw))
	}
	return binary.LittleEndian.Uint64(raw)
}

func (r *nativeReader) words(n int) ([]uint64, error) {
	raw, err := r.bytes(8 * n)
	if err != nil {
		return nil, err
	}
	words := make([]uint64, n)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return words, nil
}

func (r *nativeReader) int64s(dst []int64, n int) ([]int64, error) {
	raw, err := r.bytes(8 * n)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst[:0], n)
	for ; len(raw) > 0; raw = raw[8:] {
		dst = append(dst, int64(binary.LittleEndian.Uint64(raw)))
	}
	return dst, nil
}
