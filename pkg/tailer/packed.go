package tailer

import (
	"bufio"
	"io"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// packed is a stream that lies in a compressed file. Its offsets are those of
// the stream; reading from another place than the last begins again at the
// start. A file that ends too early may still be written.
type packed struct {
	f      *file
	handle *os.File
	stream io.ReadCloser // nil before the first read, and after the file has changed
	in     *bufio.Reader // of stream
	opened look          // the file when stream was opened
	window []byte        // the bytes last read,
	at     int64         // up to here
	known  atomic.Int64  // the furthest that at ever was
	ended  error         // why there is no more: io.EOF, or what is wrong
	seen   look          // the file as Wait saw it last,
	since  time.Time     // and since when it has been so
}

func newPacked(f *file, handle *os.File) *packed {
	now, _ := lookHandle(handle)
	return &packed{f: f, handle: handle, opened: now, seen: now, since: time.Now()}
}

func (p *packed) last() look   { return p.opened }
func (p *packed) intact() bool { return true }
func (p *packed) size() int64  { return p.known.Load() }

// extent implements content: nobody knows before it has been unpacked.
func (p *packed) extent() int64 { return math.MaxInt64 }

// finished tells that all of it has been unpacked.
func (p *packed) finished() bool { return p.ended == io.EOF }

func (p *packed) close() {
	p.shut()
	_ = p.handle.Close()
}

func (p *packed) shut() {
	if p.stream != nil {
		_ = p.stream.Close()
	}
	p.stream, p.in, p.window, p.at, p.ended = nil, nil, nil, 0, nil
}

// read implements content.
func (p *packed) read(buf []byte, offset int64) (int, error) {
	if p.stream == nil || offset < p.at-int64(len(p.window)) {
		if err := p.begin(); err != nil {
			return 0, err
		}
	}
	p.skip(offset)
	if p.at < offset {
		return 0, nil // what is there ends before
	}
	n := copy(buf, p.window[int64(len(p.window))-(p.at-offset):])
	for n < len(buf) && p.ended == nil {
		m, err := p.in.Read(buf[n:])
		n, p.ended = n+m, err
	}
	p.window = append(p.window[:0], buf[:n]...)
	p.moved(offset + int64(n))
	return n, nil
}

// begin unpacks from the beginning, which has to be that of the stream.
func (p *packed) begin() error {
	p.shut()
	now, ok := lookHandle(p.handle)
	if !ok {
		return os.ErrInvalid
	}
	p.opened = now
	stream, err := unpack(io.NewSectionReader(p.handle, 0, now.size))
	if err != nil {
		p.ended = err
		return nil
	}
	p.stream, p.in = stream, bufio.NewReaderSize(stream, 32<<10)
	start, _ := p.in.Peek(headBytes)
	if b := beginningOf(start); b.head != nil && !p.f.t.book.head(p.f.entry).like(b.head) {
		return ingest.ErrTruncated
	}
	return nil
}

// skip passes over what was read before.
func (p *packed) skip(offset int64) {
	if p.ended != nil || p.at >= offset {
		return
	}
	n, err := io.CopyN(io.Discard, p.in, offset-p.at)
	p.window, p.ended = p.window[:0], err
	p.moved(p.at + n)
}

func (p *packed) moved(at int64) {
	p.at = at
	p.known.Store(max(p.known.Load(), at))
}

// changed implements content. A file that was not finished is unpacked again
// once it has been left alone for a while, or has doubled.
func (p *packed) changed(size int64) (bool, error) {
	now, ok := lookHandle(p.handle)
	if !ok || p.stream == nil && p.ended == nil {
		return true, nil // reading will tell
	}
	quiet := now.sameBytes(p.seen)
	if !quiet {
		p.seen, p.since = now, time.Now()
	}
	switch {
	case !now.sameBytes(p.opened):
		if quiet || now.size >= 2*p.opened.size {
			p.shut()
			return true, nil
		}
	case p.ended == nil || p.at > size:
		return true, nil
	case p.ended == io.EOF:
		return false, io.EOF
	case time.Since(p.since) >= p.f.t.opts.Drain:
		p.f.t.tellDamaged(p.f.Source(), p.f.Path(), p.ended)
		return false, ingest.ErrPaused
	}
	return false, nil
}
