package accesslog

import (
	"bytes"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Reader cuts chunks of one file into records and parses them. It is not safe
// for concurrent use.
type Reader struct {
	format     Format
	parser     Parser      // nil until Auto has decided
	candidates []candidate // what Auto may still choose
	maxLine    int
	maxRows    int
}

type candidate struct {
	format Format
	parser Parser
}

// NewReader makes a reader of one file. It fails on an unknown format or a
// mapping with a mistake.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{maxLine: o.MaxLine, maxRows: o.MaxRows}
	if r.maxLine <= 0 {
		r.maxLine = DefaultMaxLine
	}
	if r.maxRows <= 0 {
		r.maxRows = DefaultMaxRows
	}
	formats := Formats()
	if o.Format != Auto && o.Format != "" {
		f, err := Lookup(o.Format)
		if err != nil {
			return nil, err
		}
		formats = []Format{f}
	}
	for _, f := range formats {
		parser, err := f.New(o)
		if err != nil {
			return nil, fmt.Errorf("log format %s: %w", f.ID, err)
		}
		r.candidates = append(r.candidates, candidate{f, parser})
	}
	r.format = Format{ID: Auto, Split: line}
	if len(r.candidates) == 1 {
		r.choose(r.candidates[0])
	}
	return r, nil
}

// MaxLine is the limit on a record, in bytes.
func (r *Reader) MaxLine() int { return r.maxLine }

// ReadChunk parses the whole records of data, which lies at the position at,
// into b and returns the position after the last one. It stops early when b
// is full, see Full. What is left of data has to be given again. Header
// fields of b that tell the format are set; Received has to be set before.
func (r *Reader) ReadChunk(data []byte, at event.Position, b *event.Batch) event.Position {
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
	record := trimLineEnd(raw)
	// After a truncation under a writer that does not append, the file begins
	// with a hole, which reads as NULs.
	record = bytes.TrimLeft(record, "\x00")
	long := len(record) > r.maxLine || size > int64(len(raw))
	record = record[:min(len(record), r.maxLine)]
	if len(record) == 0 && !long {
		return next
	}
	if reason := r.parse(record, b); reason != Parsed {
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
	if bytes.IndexByte(record, 0) >= 0 {
		return NULBytes
	}
	if len(record) == 0 {
		return TooLong
	}
	if r.parser != nil {
		return r.parser.Parse(record, b)
	}
	for _, c := range r.candidates {
		if c.parser.Parse(record, b) == Parsed {
			r.choose(c)
			return Parsed
		}
		b.DropRow()
	}
	return UnknownFormat
}

func (r *Reader) choose(c candidate) { r.format, r.parser, r.candidates = c.format, c.parser, nil }

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

func trimLineEnd(v []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(v, []byte{'\n'}), []byte{'\r'})
}
