package accesslog

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Reader cuts chunks of one file into records and parses them. It is not safe
// for concurrent use.
type Reader struct {
	format     Format
	parser     Parser      // nil until Auto has decided
	candidates []candidate // what Auto may choose; nil for a fixed format
	failed     int         // records in a row that Auto's choice could not read
	maxLine    int
	maxRows    int
}

// NewReader makes a reader of one file. It fails on an unknown format, and on
// options with a mistake.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{maxLine: o.MaxLine, maxRows: o.MaxRows}
	if r.maxLine <= 0 {
		r.maxLine = DefaultMaxLine
	}
	if r.maxRows <= 0 {
		r.maxRows = DefaultMaxRows
	}
	if o.Format == Auto || o.Format == "" {
		r.format = Format{ID: Auto, Split: line}
		if err := r.format.check(o); err != nil {
			return nil, err
		}
		var err error
		r.candidates, err = guessable(o)
		return r, err
	}
	f, err := Lookup(o.Format)
	if err != nil {
		return nil, err
	}
	if err := f.check(o); err != nil {
		return nil, err
	}
	if r.parser, err = f.New(o); err != nil {
		return nil, fmt.Errorf("log format %s: %w", f.ID, err)
	}
	r.format = f
	return r, nil
}

// Prime reads a file's beginning, for a reader that is to go on further down:
// Auto chooses by it, and a parser that is a Header takes the lines that tell
// what the others mean. chunk holds whole lines; more tells that the lines
// after them are wanted too, up to where reading begins.
func (r *Reader) Prime(chunk []byte) (more bool) {
	if r.parser == nil {
		r.decide(chunk)
	}
	h, ok := r.parser.(Header)
	if !ok {
		return false
	}
	for len(chunk) > 0 {
		n := line(chunk)
		if n == 0 {
			n = len(chunk)
		}
		h.Header(trimRecord(chunk[:n]))
		chunk = chunk[n:]
	}
	return true
}

// Lines tells whether records may have several lines, so that the last one of
// a file is whole only when nothing has followed it for a while.
func (r *Reader) Lines() bool { return r.format.Lines }

// MaxLine is the limit on a record, in bytes.
func (r *Reader) MaxLine() int { return r.maxLine }

// ReadChunk parses the whole records of data, which lies at the position at,
// into b and returns the position after the last one. It stops early when b
// is full, see Full. What is left of data has to be given again. Header
// fields of b that tell the format are set; Received has to be set before.
func (r *Reader) ReadChunk(data []byte, at event.Position, b *event.Batch) event.Position {
	if r.parser == nil {
		r.decide(data)
	}
	for !r.Full(b) {
		n := r.format.Split(data)
		if n == 0 {
			break
		}
		at = r.record(data[:n], int64(n), at, b)
		data = data[n:]
	}
	r.stamp(b)
	return at
}

// ReadLast parses data as one record although it has no end: the last words
// of a file that is not written to any more.
func (r *Reader) ReadLast(data []byte, at event.Position, b *event.Batch) event.Position {
	at = r.record(data, int64(len(data)), at, b)
	r.stamp(b)
	return at
}

// ReadCut parses the beginning of a record that is too long for a chunk; size
// is the number of bytes that it takes in the file, line end included.
func (r *Reader) ReadCut(head []byte, size int64, at event.Position, b *event.Batch) event.Position {
	at = r.record(head, size, at, b)
	r.stamp(b)
	return at
}

// Limit sets how many rows and rejected records a batch may have; it may
// change between calls.
func (r *Reader) Limit(records int) { r.maxRows = max(1, records) }

// Full tells whether ReadChunk would leave b alone.
func (r *Reader) Full(b *event.Batch) bool { return b.Rows()+len(b.Rejected) >= r.maxRows }

func (r *Reader) stamp(b *event.Batch) { b.Format, b.FormatVersion = r.format.ID, r.format.Version }

// record reads one record and gives the position after it.
func (r *Reader) record(raw []byte, size int64, at event.Position, b *event.Batch) event.Position {
	next := event.Position{Offset: at.Offset + size, Line: at.Line + max(1, int64(bytes.Count(raw, []byte{'\n'})))}
	record := trimRecord(raw)
	long := len(record) > r.maxLine || size > int64(len(raw))
	record = record[:min(len(record), r.maxLine)]
	if len(record) == 0 && !long {
		return next
	}
	switch reason := r.parse(record, b); {
	case reason == Skipped:
		b.DropRow()
		b.Skipped++
		return next
	case reason != Parsed:
		b.DropRow()
		if long {
			reason = TooLong
		}
		b.Reject(at, size, string(reason), record)
		return next
	}
	b.SetNumber(event.Offset, at.Offset)
	b.SetNumber(event.Line, at.Line)
	b.SetNumber(event.Length, size)
	if long {
		b.Flag(event.Truncated)
	}
	checkTime(b)
	b.EndRow()
	return next
}

func (r *Reader) parse(record []byte, b *event.Batch) Reason {
	switch {
	case bytes.IndexByte(record, 0) >= 0:
		return NULBytes
	case len(record) == 0:
		return TooLong
	case r.parser == nil && !r.decide(asLine(record)):
		return UnknownFormat
	}
	reason := r.parser.Parse(record, b)
	if r.candidates != nil {
		reason = r.doubt(reason, record, b)
	}
	return reason
}

// patience is how many records in a row Auto's choice may fail to read before
// another one is made: a log may change its format halfway.
const patience = 8

// doubt counts the failures of Auto's choice, and chooses again by the record
// at which there are too many of them.
func (r *Reader) doubt(reason Reason, record []byte, b *event.Batch) Reason {
	if reason == Parsed || reason == Skipped {
		r.failed = 0
		return reason
	}
	if r.failed++; r.failed < patience {
		return reason
	}
	b.DropRow()
	r.failed = 0
	if !r.decide(asLine(record)) {
		return reason
	}
	return r.parser.Parse(record, b)
}

func asLine(record []byte) []byte { return append(slices.Clip(record), '\n') }

// decide chooses the format that reads the records of a sample best, if any
// does.
func (r *Reader) decide(sample []byte) bool {
	guesses := judge(r.candidates, sample)
	if len(guesses) == 0 {
		return false
	}
	for _, c := range r.candidates {
		if c.format.ID == guesses[0].Format {
			r.format, r.parser = c.format, c.parser
		}
	}
	return true
}

// earliest is the oldest time that is believed: 1990-01-01.
const earliest = 631152000 * second

// checkTime gives a row whose time is missing or absurd, before 1990 or more
// than a day after it was read, the time at which it was read, and flags it.
func checkTime(b *event.Batch) {
	at := b.Number(event.Time, b.Rows())
	if at >= earliest && (b.Received == 0 || at <= b.Received+int64(24*time.Hour)) {
		return
	}
	b.Flag(event.TimeAssumed)
	if b.Received != 0 {
		b.SetNumber(event.Time, b.Received)
	}
}

// trimRecord takes off the line end, and the hole that a truncation leaves
// under a writer that does not append, which reads as NULs.
func trimRecord(v []byte) []byte {
	v = bytes.TrimSuffix(bytes.TrimSuffix(v, []byte{'\n'}), []byte{'\r'})
	return bytes.TrimLeft(v, "\x00")
}
