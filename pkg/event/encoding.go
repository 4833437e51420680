package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Errors of Decode. Both are permanent: reading the same bytes again gives
// the same error.
var (
	ErrVersion = errors.New("batch of a later schema version")
	ErrCorrupt = errors.New("corrupt batch")
)

// Format on the bus, all integers little-endian or varint:
//
//	"hmb" version(1 byte)
//	zstd( [lane,] header, rejected, rows, columns )
//
// The lane is there from version 2 on, the short forms of columns from 3 on.
//
// A column is kind(1) field(1) followed by its rows; columns without any
// value are left out. Text: number of rows, their lengths as varints, their
// bytes. Text of which little is different: see dictionary. Numbers: number
// of rows, zig-zag varints of the differences to the row before. Addresses:
// number of rows, 16 bytes each, or 4 if all are of IPv4, or nothing if they
// are those of the first column of addresses.
const magic = "hmb"

// withoutLane is the version whose batches have no lane.
const withoutLane = 1

const (
	textColumn byte = iota + 1
	numberColumn
	addrColumn
	dictColumn
	shortAddrColumn
	sameAddrColumn
)

// Bounds on what a batch from the bus may ask for, far above what ingest makes.
// They are tight because a row costs what all rows have in common once more
// wherever rows are written out, and a forged batch compresses to nothing.
const (
	maxDecoded = 64 << 20
	maxRecords = 1 << 16 // rows, and rejected records
	maxHeader  = 8 << 10 // bytes of the header's texts together
)

// Codec encodes and decodes batches. It keeps the compressor's memory, so use
// one for a goroutine: it is not safe for concurrent use.
type Codec struct {
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	dict *dictionary
	raw  []byte
}

// NewCodec makes a codec.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("make batch encoder: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, fmt.Errorf("make batch decoder: %w", err)
	}
	return &Codec{enc: enc, dec: dec, dict: newDictionary()}, nil
}

// Close frees the codec's memory.
func (c *Codec) Close() {
	_ = c.enc.Close()
	c.dec.Close()
}

// Append encodes b after dst.
func (c *Codec) Append(dst []byte, b *Batch) []byte {
	c.raw = appendString(c.raw[:0], b.Lane)
	c.raw = appendBatch(c.raw, b, c.dict)
	dst = append(dst, magic...)
	dst = append(dst, SchemaVersion)
	return c.enc.EncodeAll(c.raw, dst)
}

// Decode reads a batch into b, which it resets first. The batch does not
// refer to data afterwards. Errors wrap ErrVersion or ErrCorrupt, and leave b
// empty.
func (c *Codec) Decode(data []byte, b *Batch) error {
	b.Reset()
	if len(data) < len(magic)+1 || string(data[:len(magic)]) != magic {
		return fmt.Errorf("decode batch: %w: no batch header", ErrCorrupt)
	}
	if v := data[len(magic)]; v > SchemaVersion || v == 0 {
		return fmt.Errorf("decode batch: %w: version %d, this program reads up to %d", ErrVersion, v, SchemaVersion)
	}
	raw, err := c.dec.DecodeAll(data[len(magic)+1:], c.raw[:0])
	if err != nil {
		return fmt.Errorf("decode batch: %w: %w", ErrCorrupt, err)
	}
	c.raw = raw
	r := reader{data: raw}
	if data[len(magic)] != withoutLane {
		r.lane(b)
	}
	r.batch(b)
	if r.err != nil || len(r.data) != 0 {
		b.Reset()
		return fmt.Errorf("decode batch: %w: %d bytes before the end", ErrCorrupt, len(r.data))
	}
	return nil
}

func appendBatch(dst []byte, b *Batch, dict *dictionary) []byte {
	dst = appendHeader(dst, &b.Header)
	dst = binary.AppendUvarint(dst, uint64(len(b.Rejected)))
	for i := range b.Rejected {
		r := &b.Rejected[i]
		dst = binary.AppendVarint(dst, r.Offset)
		dst = binary.AppendVarint(dst, r.Line)
		dst = binary.AppendVarint(dst, r.Length)
		dst = appendString(dst, r.Reason)
		dst = appendString(dst, r.Excerpt)
	}
	dst = binary.AppendUvarint(dst, uint64(b.rows))
	for f := range b.texts {
		if b.texts[f].used() > 0 {
			dst = appendText(dst, byte(f), &b.texts[f], dict)
		}
	}
	for f := range b.numbers {
		if len(b.numbers[f].values) > 0 {
			dst = appendNumbers(append(dst, numberColumn, byte(f)), b.numbers[f].values)
		}
	}
	for f := range b.addrs {
		if len(b.addrs[f].values) > 0 {
			dst = appendAddrs(dst, AddrField(f), b.addrs[f].values, b.addrs[0].values)
		}
	}
	return dst
}

func appendHeader(dst []byte, h *Header) []byte {
	for _, s := range []string{h.Shipper, h.Source, h.Gateway, h.Format, h.File, h.Path} {
		dst = appendString(dst, s)
	}
	dst = append(dst, byte(h.Kind), byte(h.Direction))
	for _, n := range [...]int64{int64(h.FormatVersion), h.Start, h.End, h.FirstLine, h.NextLine, h.Received} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendText(dst []byte, field byte, c *text, dict *dictionary) []byte {
	if dict.take(c) {
		return dict.append(append(dst, dictColumn, field))
	}
	dst = append(dst, textColumn, field)
	dst = binary.AppendUvarint(dst, uint64(len(c.ends)))
	last := uint32(0)
	for _, end := range c.ends {
		dst = binary.AppendUvarint(dst, uint64(end-last))
		last = end
	}
	return append(dst, c.data[:last]...)
}

func appendNumbers(dst []byte, values []int64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(values)))
	last := int64(0)
	for _, v := range values {
		dst = binary.AppendVarint(dst, v-last) // wraps around, and back when read
		last = v
	}
	return dst
}

func appendAddrs(dst []byte, f AddrField, values, first []Addr) []byte {
	if f > 0 && slices.Equal(values, first) {
		return append(dst, sameAddrColumn, byte(f))
	}
	kind, from := byte(addrColumn), 0
	if !slices.ContainsFunc(values, func(a Addr) bool { return [12]byte(a[:12]) != v4Prefix }) {
		kind, from = shortAddrColumn, len(v4Prefix)
	}
	dst = binary.AppendUvarint(append(dst, kind, byte(f)), uint64(len(values)))
	for i := range values {
		dst = append(dst, values[i][from:]...)
	}
	return dst
}

// reader takes values off the front of data; after the first error it gives
// zero values.
type reader struct {
	data     []byte
	unfolded int // bytes that dictionaries were unfolded to
	err      error
}

func (r *reader) fail() {
	r.err = ErrCorrupt
	r.data = nil
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

// count reads a number of things of at least size bytes each.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.data)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.data) {
		r.fail()
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) string() string { return string(r.bytes(r.count(1))) }

func (r *reader) batch(b *Batch) {
	r.header(&b.Header)
	rejected := r.count(5)
	if rejected > maxRecords {
		r.fail()
		return
	}
	for range rejected {
		b.Rejected = append(b.Rejected, Rejected{
			Offset: r.varint(), Line: r.varint(), Length: r.varint(), Reason: r.string(), Excerpt: r.string(),
		})
	}
	rows := r.uvarint()
	if rows > maxRecords {
		r.fail()
		return
	}
	b.rows = int(rows)
	for r.err == nil && len(r.data) > 0 {
		r.column(b)
	}
}

func (r *reader) lane(b *Batch) {
	if b.Lane = r.string(); len(b.Lane) > maxHeader {
		r.fail()
	}
}

func (r *reader) header(h *Header) {
	texts := 0
	for _, s := range []*string{&h.Shipper, &h.Source, &h.Gateway, &h.Format, &h.File, &h.Path} {
		*s = r.string()
		texts += len(*s)
	}
	if texts > maxHeader {
		r.fail()
		return
	}
	h.Kind, h.Direction = Kind(r.byte()), Direction(r.byte())
	h.FormatVersion = int(r.varint())
	for _, n := range [...]*int64{&h.Start, &h.End, &h.FirstLine, &h.NextLine, &h.Received} {
		*n = r.varint()
	}
}

func (r *reader) column(b *Batch) {
	kind, field := r.byte(), r.byte()
	switch {
	case kind == textColumn && TextField(field) < textFields:
		r.text(&b.texts[field], b.rows)
	case kind == numberColumn && NumberField(field) < numberFields:
		r.numbers(&b.numbers[field], b.rows)
	case kind == dictColumn && TextField(field) < textFields:
		r.dictionary(&b.texts[field], b.rows)
	case kind == addrColumn && AddrField(field) < addrFields:
		r.addrs(&b.addrs[field], b.rows, 0)
	case kind == shortAddrColumn && AddrField(field) < addrFields:
		r.addrs(&b.addrs[field], b.rows, len(v4Prefix))
	case kind == sameAddrColumn && AddrField(field) < addrFields && field > 0:
		r.sameAddrs(&b.addrs[field], &b.addrs[0])
	default:
		r.fail()
	}
}

func (r *reader) text(c *text, rows int) {
	n := r.count(1)
	if n > rows || len(c.ends) > 0 {
		r.fail()
		return
	}
	c.grow(0, n)
	end := uint64(0)
	for range n {
		end += r.uvarint()
		if end > uint64(len(r.data)) {
			r.fail()
			return
		}
		c.ends = append(c.ends, uint32(end))
	}
	c.data = append(c.data, r.bytes(int(end))...)
}

func (r *reader) numbers(c *dense[int64], rows int) {
	n := r.count(1)
	if n > rows || len(c.values) > 0 {
		r.fail()
		return
	}
	c.values = slices.Grow(c.values, n)
	last, data := int64(0), r.data
	for range n {
		v, size := binary.Varint(data)
		if size <= 0 {
			r.fail()
			return
		}
		last, data = last+v, data[size:]
		c.values = append(c.values, last)
	}
	r.data = data
}

// addrs reads addresses of which the first bytes are those of IPv4.
func (r *reader) addrs(c *dense[Addr], rows, known int) {
	size := len(Addr{}) - known
	n := r.count(size)
	if n > rows || len(c.values) > 0 {
		r.fail()
		return
	}
	c.values = slices.Grow(c.values, n)
	var a Addr
	copy(a[:known], v4Prefix[:])
	for range n {
		copy(a[known:], r.bytes(size))
		c.values = append(c.values, a)
	}
}

func (r *reader) sameAddrs(c, first *dense[Addr]) {
	if len(first.values) == 0 || len(c.values) > 0 {
		r.fail()
		return
	}
	c.values = append(c.values, first.values...)
}
