package tailer

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// plain is a stream that lies in a file as it is.
type plain struct {
	f      *file
	handle *os.File

	mu    sync.Mutex
	start []byte // how the stream begins, as far as was seen

	words    []byte // what was read last, up to
	wordsAt  int64  // here
	grown    time.Time
	checked  time.Time // when its path was looked at last
	detached time.Time // when its path was first seen to lead elsewhere
	idle     look
}

func newPlain(f *file, handle *os.File, start []byte) *plain {
	return &plain{f: f, handle: handle, start: start, grown: time.Now()}
}

func (p *plain) last() look { return p.idle }
func (p *plain) close()     { _ = p.handle.Close() }

func (p *plain) size() int64 {
	now, _ := lookHandle(p.handle)
	return now.size
}

func (p *plain) extent() int64 { return p.size() }

// read checks afterwards that the file is still the one that was opened: a
// log only grows, so whatever contradicts what was read before is another
// stream, and so may be what was read just now.
func (p *plain) read(buf []byte, offset int64) (int, error) {
	n, err := p.handle.ReadAt(buf, offset)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if !p.continues() || (n == 0 || len(p.words) < wordBytes) && !p.begins() || n == 0 && p.size() < offset {
		return 0, ingest.ErrTruncated
	}
	if n == 0 {
		return 0, nil
	}
	p.wordsAt = offset + int64(n)
	p.words = append(p.words[:0], buf[max(0, n-wordBytes):n]...)
	return n, nil
}

// intact implements content.
func (p *plain) intact() bool { return p.begins() && p.size() >= p.f.Start().Offset }

// begins tells whether the file begins as it did.
func (p *plain) begins() bool {
	var buf [headBytes]byte
	p.mu.Lock()
	defer p.mu.Unlock()
	n, _ := p.handle.ReadAt(buf[:], 0)
	if n < len(p.start) || !bytes.Equal(buf[:len(p.start)], p.start) {
		return false
	}
	p.start = append(p.start, buf[len(p.start):n]...)
	return true
}

// continues tells whether what was read last is still there.
func (p *plain) continues() bool {
	var buf [wordBytes]byte
	n, _ := p.handle.ReadAt(buf[:len(p.words)], p.wordsAt-int64(len(p.words)))
	return bytes.Equal(buf[:n], p.words)
}

// changed implements content.
func (p *plain) changed(size int64) (bool, error) {
	now, ok := lookHandle(p.handle)
	p.idle = now
	switch {
	case !ok:
		return true, nil // reading will tell what is wrong
	case now.size > size:
		p.grown = time.Now()
		return true, nil
	case now.size < size:
		return false, ingest.ErrTruncated
	case time.Since(p.checked) < p.f.t.pollEvery():
		return false, nil // the watcher tells of new names
	case p.done(now):
		return false, io.EOF
	}
	p.checked = time.Now()
	return false, nil
}

// done tells that nobody will write to the file any more: it has another
// name or none, something else has its place, and it has been idle a while.
// While nothing else is in its place, whoever wrote to it may still do so.
func (p *plain) done(now look) bool {
	if !p.f.rotated {
		there, ok := lookPath(p.f.Path())
		if ok && there.key == now.key {
			p.detached = time.Time{}
			return false
		}
		if p.detached.IsZero() {
			p.detached = time.Now()
			p.f.t.lookAgain()
		}
		if !ok && now.links > 0 {
			return false
		}
	}
	idle := min(time.Since(p.grown), time.Since(p.detached))
	return idle >= p.f.t.opts.Drain
}
