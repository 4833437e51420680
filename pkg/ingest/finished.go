package ingest

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// ReadAll cuts a finished log into batches and gives each to emit, which has
// it until it returns. Every batch has the fields of head that tell where the
// log is from; its first line is number 1. Errors are those of r and of emit,
// and of a format or mapping with a mistake.
func ReadAll(r io.Reader, head event.Header, o accesslog.Options, emit func(*event.Batch) error) error {
	lines, err := accesslog.NewReader(o)
	if err != nil {
		return fmt.Errorf("read %s: %w", head.Path, err)
	}
	c := &cutter{file: &window{r: r}, lines: lines, at: event.Position{Line: 1}}
	chunk := make([]byte, max(chunkBytes, 2*lines.MaxLine()))
	var b event.Batch
	for ended := false; !ended; {
		b.Reset()
		b.Header = head
		b.Received = time.Now().UnixNano()
		b.Start, b.FirstLine = c.at.Offset, c.at.Line
		var known int64
		if known, ended, err = c.step(chunk, &b); err == nil && ended {
			err = c.last(chunk, known, &b)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", head.Path, err)
		}
		b.End, b.NextLine = c.at.Offset, c.at.Line
		if b.End == b.Start {
			continue
		}
		if err := emit(&b); err != nil {
			return err
		}
	}
	return nil
}

// window gives a stream the ReadAt of a file, for offsets that only grow or
// lie within the last read.
type window struct {
	r     io.Reader
	base  int64 // offset of data
	data  []byte
	ended bool
}

// ReadAt reads until p is full or the stream ends.
func (w *window) ReadAt(p []byte, offset int64) (int, error) {
	skip := min(offset-w.base, int64(len(w.data)))
	w.data = append(w.data[:0], w.data[skip:]...)
	w.base += skip
	for !w.ended && len(w.data) < len(p) {
		have := len(w.data)
		w.data = slices.Grow(w.data, len(p)-have)
		n, err := w.r.Read(w.data[have:len(p)])
		w.data = w.data[:have+n]
		if w.ended = err == io.EOF; err != nil && !w.ended {
			return 0, err
		}
	}
	return copy(p, w.data), nil
}
