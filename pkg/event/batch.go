package event

import "net/netip"

// SchemaVersion is the version of the columns and of the encoding. A reader
// refuses batches of a later version with ErrVersion and takes all earlier
// ones, so whoever reads is to be upgraded before those who ship.
const SchemaVersion = 3

// Kind tells what wrote the log.
type Kind uint8

const (
	Access Kind = iota // a gateway's access log
	Decoy              // a decoy responder's log: every line is a touch
)

// String is the kind's name in the store.
func (k Kind) String() string {
	if k == Decoy {
		return "decoy"
	}
	return "access"
}

// Direction tells who called whom.
type Direction uint8

const (
	Ingress Direction = iota // calls that we serve
	Egress                   // calls that we make
)

// String is the direction's name in the store.
func (d Direction) String() string {
	if d == Egress {
		return "egress"
	}
	return "ingress"
}

// Header is what all rows of a batch have in common.
type Header struct {
	Shipper       string // agent that shipped the batch, set by the receiver; empty = the service itself
	Source        string // configured name of the log source
	Gateway       string // gateway that wrote the log
	Kind          Kind
	Direction     Direction
	Format        string // id of the parser
	FormatVersion int
	File          string // file identity, see FileID
	Path          string // path of the file when it was read, for people
	Start, End    int64  // bytes of the file that the batch covers, End exclusive
	FirstLine     int64  // 1-based number of the line at Start
	NextLine      int64  // 1-based number of the line at End
	Received      int64  // when the batch was read, Unix nanoseconds
	// Lane is set on records of a file that are read again. It takes the
	// file's place in deciding which batches follow each other on the bus, so
	// that the file itself can go on meanwhile. Start and End then count in
	// the lane, and a Rejected without a reason is a record that turned out to
	// hold no request.
	Lane string
}

// Order is what a batch is published in order with: its lane, or its file.
func (h *Header) Order() string {
	if h.Lane != "" {
		return h.Lane
	}
	return h.File
}

// Rejected is a record that could not be parsed: it goes to quarantine.
type Rejected struct {
	Offset int64  // byte offset in the file
	Line   int64  // 1-based line number
	Length int64  // bytes of the record in its file
	Reason string // short and from a closed set: "no closing quote in request"
	// Excerpt is the beginning of the record, at most ExcerptBytes, made
	// printable.
	Excerpt string
}

// ExcerptBytes bounds Rejected.Excerpt.
const ExcerptBytes = 256

// Batch is a run of records of one file, in file order. The zero value is
// ready to use. It is not safe for concurrent writing; concurrent reading is
// fine. Slices that it hands out are valid until the next Reset.
//
// A row is written with the Set methods, in any order of fields, and closed
// with EndRow; DropRow takes back what was set since.
type Batch struct {
	Header
	Rejected []Rejected
	Skipped  int // records that hold no request, such as comments; counted where they are read, not encoded

	rows    int
	texts   [textFields]text
	numbers [numberFields]dense[int64]
	addrs   [addrFields]dense[Addr]
	spare   text // memory for MapText
}

// Rows is the number of closed rows.
func (b *Batch) Rows() int { return b.rows }

// SetText sets a text field of the open row; v is copied. The last call for
// a field wins.
func (b *Batch) SetText(f TextField, v []byte) {
	if len(v) > 0 || len(b.texts[f].ends) > b.rows {
		b.texts[f].set(b.rows, v)
	}
}

// SetString is SetText for a string.
func (b *Batch) SetString(f TextField, v string) {
	if len(v) > 0 || len(b.texts[f].ends) > b.rows {
		b.texts[f].setString(b.rows, v)
	}
}

// SetNumber sets a number field of the open row.
func (b *Batch) SetNumber(f NumberField, v int64) { b.numbers[f].set(b.rows, v, Unknown) }

// SetAddr sets an address field of the open row.
func (b *Batch) SetAddr(f AddrField, a netip.Addr) { b.addrs[f].set(b.rows, AddrFrom(a), Addr{}) }

// Flag adds quality flags to the open row.
func (b *Batch) Flag(f Flags) {
	if f == 0 {
		return
	}
	now := b.numbers[Quality].at(b.rows, 0)
	b.SetNumber(Quality, now|int64(f))
}

// EndRow closes the open row.
func (b *Batch) EndRow() { b.rows++ }

// DropRow forgets what was set since the last EndRow.
func (b *Batch) DropRow() { b.truncate(b.rows) }

// Reject adds a quarantined record, its excerpt cut and made printable.
func (b *Batch) Reject(at Position, length int64, reason string, record []byte) {
	b.Rejected = append(b.Rejected, Rejected{
		Offset: at.Offset, Line: at.Line, Length: length, Reason: reason, Excerpt: Excerpt(record),
	})
}

// Text is a text field of a row, empty when unknown. The slice belongs to
// the batch and is valid until Reset.
func (b *Batch) Text(f TextField, row int) []byte { return b.texts[f].at(row) }

// Number is a number field of a row, or Unknown.
func (b *Batch) Number(f NumberField, row int) int64 { return b.numbers[f].at(row, Unknown) }

// Addr is an address field of a row; invalid when unknown.
func (b *Batch) Addr(f AddrField, row int) netip.Addr { return b.addrs[f].at(row, Addr{}).Netip() }

// Flags are the quality flags of a row.
func (b *Batch) Flags(row int) Flags {
	if v := b.Number(Quality, row); v != Unknown {
		return Flags(v)
	}
	return 0
}

// TextColumn gives the raw column: the bytes of all rows back to back and
// where each row ends. It may be shorter than Rows: the rest is unknown.
// Neither slice may be changed.
func (b *Batch) TextColumn(f TextField) (data []byte, ends []uint32) {
	return b.texts[f].data, b.texts[f].ends
}

// NumberColumn gives the raw column, which may be shorter than Rows. The
// slice may not be changed.
func (b *Batch) NumberColumn(f NumberField) []int64 { return b.numbers[f].values }

// AddrColumn gives the raw column, which may be shorter than Rows. The slice
// may not be changed.
func (b *Batch) AddrColumn(f AddrField) []Addr { return b.addrs[f].values }

// Bytes is the memory that the columns' values take, for limits.
func (b *Batch) Bytes() int {
	n := 0
	for i := range b.texts {
		n += len(b.texts[i].data) + 4*len(b.texts[i].ends)
	}
	for i := range b.numbers {
		n += 8 * len(b.numbers[i].values)
	}
	for i := range b.addrs {
		n += 16 * len(b.addrs[i].values)
	}
	for i := range b.Rejected {
		n += 64 + len(b.Rejected[i].Excerpt)
	}
	return n
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Header = Header{}
	b.Rejected = b.Rejected[:0]
	b.Skipped = 0
	b.rows = 0
	b.truncate(0)
}

func (b *Batch) truncate(rows int) {
	for i := range b.texts {
		b.texts[i].truncate(rows)
	}
	for i := range b.numbers {
		b.numbers[i].truncate(rows)
	}
	for i := range b.addrs {
		b.addrs[i].truncate(rows)
	}
}
