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
// query names them: texts for strings, numbers for the rest.
type nativeBlock struct {
	rows    int
	columns []string // names, in the order of the result
	texts   []cells  // by column
	numbers [][]int64
}

// Bounds of what a block may claim to hold; the blocks asked for are far
// smaller.
const (
	maxBlockRows  = 1 << 20
	maxBlockBytes = 1 << 30
)

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
	b.rows = rows
	for i := range int(columns) {
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
	if i >= len(b.columns) || string(name) != b.columns[i] {
		return fmt.Errorf("%w: column %d is %q", errBlock, i, name)
	}
	kind, err := r.text()
	if err != nil || b.rows == 0 {
		return err
	}
	switch string(kind) {
	case "String":
		err = r.strings(&b.texts[i], b.rows)
		b.texts[i].numbers = b.texts[i].numbers[:0]
	case "LowCardinality(String)":
		err = r.dictionary(&b.texts[i], b.rows)
	case "Int64":
		b.numbers[i], err = r.int64s(b.numbers[i], b.rows)
	default:
		return fmt.Errorf("%w: column %s is a %s", errBlock, b.columns[i], kind)
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", b.columns[i], err)
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
	c.data = slices.Grow(c.data, size)[:from+size]
	c.spans = append(c.spans, span{uint32(from), uint32(from + size)})
	_, err = io.ReadFull(r.in, c.data[from:])
	return whole(err)
}

// dictionary reads a dictionary, then the number of each row's string in it.
func (r *nativeReader) dictionary(c *cells, rows int) error {
	head, err := r.words(3)
	if err != nil {
		return err
	}
	if head[0] != dictVersion || head[1]&dictOwn == 0 || head[2] > maxBlockRows {
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
	if counted[0] != uint64(rows) || width > 8 {
		return fmt.Errorf("%w: %d numbers of %d bytes for %d rows", errBlock, counted[0], width, rows)
	}
	return r.places(c, rows, width)
}

// dictOwn says that a dictionary comes with the block itself.
const dictOwn = 1 << 9

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
