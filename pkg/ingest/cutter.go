package ingest

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// readerAt is what a cutter reads from: a File, or a window on a stream.
type readerAt interface {
	ReadAt(p []byte, offset int64) (int, error)
}

// cutter reads a file chunk by chunk into batches. Its position is always
// between two records, so that a restart never begins in the middle of one.
type cutter struct {
	file  readerAt
	lines *accesslog.Reader
	at    event.Position
	// A record longer than a chunk: its beginning, and how far the file has
	// been searched for its end.
	head     []byte
	searched int64
	// Where the bytes of rejected records go, and the file's beginning as it was
	// read; nil where nobody keeps them.
	raw   *rawRecords
	first []byte
	// Nothing has followed this place for a while: a record of several lines
	// that ends there is whole.
	idle int64
}

// step parses a chunk of the file into b. starved tells that the file has no
// whole record left; it has been read up to known.
func (c *cutter) step(chunk []byte, b *event.Batch) (known int64, starved bool, err error) {
	if c.head != nil {
		return c.search(chunk, b)
	}
	n, err := c.file.ReadAt(chunk, c.at.Offset)
	if err != nil {
		return 0, false, err
	}
	known = c.at.Offset + int64(n)
	if c.at.Offset == 0 {
		c.first = beginning(chunk[:n])
	}
	before := len(b.Rejected)
	next := c.lines.ReadChunk(chunk[:n], c.at, b)
	if next == c.at && n == len(chunk) && !c.lines.Full(b) {
		c.head = append(c.head, chunk[:min(n, c.lines.MaxLine()+1)]...)
		c.searched = known
		return c.search(chunk, b)
	}
	if rest := chunk[next.Offset-c.at.Offset : n]; known == c.idle && bytes.HasSuffix(rest, []byte{'\n'}) && !c.lines.Full(b) {
		next = c.lines.ReadLast(rest, next, b)
	}
	c.keep(b, before, chunk[:n])
	c.at = next
	return known, n < len(chunk) && !c.lines.Full(b), nil
}

// search looks for the end of a long record.
func (c *cutter) search(chunk []byte, b *event.Batch) (known int64, starved bool, err error) {
	for {
		n, err := c.file.ReadAt(chunk, c.searched)
		if err != nil {
			return 0, false, err
		}
		if i := bytes.IndexByte(chunk[:n], '\n'); i >= 0 {
			c.cut(c.searched+int64(i)+1, b)
			return c.at.Offset, false, nil
		}
		c.searched += int64(n)
		if n < len(chunk) {
			return c.searched, true, nil
		}
	}
}

// cut takes the long record, which ends at end.
func (c *cutter) cut(end int64, b *event.Batch) {
	before := len(b.Rejected)
	next := c.lines.ReadCut(c.head, end-c.at.Offset, c.at, b)
	c.keep(b, before, c.head)
	c.at, c.head = next, nil
}

// keep takes the raw bytes of what was rejected since there were so many out of
// data, which lies at the cutter's place.
func (c *cutter) keep(b *event.Batch, before int, data []byte) {
	if c.raw != nil {
		c.raw.head = c.first
		c.raw.take(b.Rejected[before:], data, c.at.Offset)
	}
}

// last takes the words after the last line end of a finished file as a record,
// up to known: what was written behind that meanwhile is none of it.
func (c *cutter) last(chunk []byte, known int64, b *event.Batch) error {
	if c.head != nil {
		c.cut(c.searched, b)
		return nil
	}
	n, err := c.file.ReadAt(chunk[:known-c.at.Offset], c.at.Offset)
	if n > 0 && err == nil {
		before := len(b.Rejected)
		next := c.lines.ReadLast(chunk[:n], c.at, b)
		c.keep(b, before, chunk[:n])
		c.at = next
	}
	return err
}
