package tailer

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// content is the form in which a stream lies in a file: plain or packed.
// Apart from intact and size it is used by the one goroutine that reads.
type content interface {
	// read is as ingest.File.ReadAt.
	read(p []byte, offset int64) (int, error)
	// changed tells whether there is, or may be, more than size bytes; if
	// there will be none, the error is one of those of ingest.File.Wait.
	changed(size int64) (bool, error)
	// intact tells whether the file still holds the stream.
	intact() bool
	size() int64 // of the stream, as far as known
	// extent is what has to be read until it is the turn of the next file: the
	// size at present, or more than any where that is not known.
	extent() int64
	last() look // the last look at the file when everything before had been read
	close()
}

// file is a stream that is being followed. It implements ingest.File.
type file struct {
	t       *Tailer
	entry   *entry
	content content
	rotated bool // nobody writes to it any more
	path    atomic.Pointer[string]
	wake    chan struct{}      // holds one
	cancel  context.CancelFunc // ends whoever follows it
	retire  chan struct{}      // closed to have the file set aside
	// Of the scanning goroutine:
	away      bool // it is not at a configured path any more
	retired   bool
	abandoned bool
	marked    int64 // offset of the last mark

	idleSince atomic.Int64 // ns since the tailer began, while Wait waits; 0 = it does not
	truncated atomic.Bool
	order     *turnstile
}

func (t *Tailer) newFile(e *entry, c sighting) *file {
	f := &file{
		t: t, entry: e, rotated: !c.matched, cancel: func() {},
		wake: make(chan struct{}, 1), retire: make(chan struct{}), order: &turnstile{committed: t.book.position(e).Offset},
	}
	f.path.Store(&c.path)
	return f
}

// Source implements ingest.File.
func (f *file) Source() string { return f.entry.Source }

// ID implements ingest.File.
func (f *file) ID() string { return f.entry.ID }

// Path implements ingest.File.
func (f *file) Path() string { return *f.path.Load() }

// Start implements ingest.File.
func (f *file) Start() event.Position { return f.t.book.position(f.entry) }

// Size implements ingest.File.
func (f *file) Size() int64 { return f.content.size() }

// Commit implements ingest.File.
func (f *file) Commit(at event.Position) {
	f.t.book.change(func() { f.entry.Offset, f.entry.Line = at.Offset, at.Line })
	f.order.commit(at.Offset)
}

// ReadAt implements ingest.File.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.content.read(p, offset)
	if err == ingest.ErrTruncated {
		f.truncated.Store(true)
	}
	if err == nil && n < len(p) {
		end := offset + int64(n) // not the size by now: there may be more
		if _, compressed := f.content.(*packed); compressed {
			end = f.content.extent()
		}
		f.order.reached(end, offset+int64(bytes.LastIndexByte(p[:n], '\n'))+1)
	}
	return n, err
}

// intact tells whether the file still holds the stream.
func (f *file) intact() bool { return f.content.intact() }

// Wait implements ingest.File.
func (f *file) Wait(ctx context.Context, size int64, patience time.Duration) error {
	var over <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		over = timer.C
	}
	poll := time.NewTicker(f.t.pollEvery())
	defer poll.Stop()
	f.idleSince.Store(int64(time.Since(f.t.begun)) + 1)
	defer f.idleSince.Store(0)
	for {
		if changed, err := f.content.changed(size); changed || err != nil {
			if err == ingest.ErrTruncated {
				f.truncated.Store(true)
			}
			return err
		}
		select {
		case <-f.wake:
		case <-poll.C:
		case <-over:
			return nil
		case <-f.retire:
			return ingest.ErrPaused
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sighting is the file as the last scan saw it.
func (f *file) sighting() sighting {
	_, compressed := f.content.(*packed)
	return sighting{path: f.Path(), matched: !f.rotated && !f.away, packed: compressed}
}

// notify has Wait look at the file.
func (f *file) notify() { signal(f.wake) }

// stop ends whoever follows a file that holds another stream by now.
func (f *file) stop() {
	f.truncated.Store(true)
	f.cancel()
}

// setAside has the file let go as soon as all of it has been read.
func (f *file) setAside() {
	if !f.retired {
		f.retired = true
		close(f.retire)
	}
}

// idleFor is how long the file has been waiting for lines.
func (f *file) idleFor() time.Duration {
	since := f.idleSince.Load()
	if since == 0 {
		return 0
	}
	return time.Since(f.t.begun) - time.Duration(since)
}

// mark notes the last words before the committed offset, by which a copy of
// the file is recognised after the file itself was truncated.
func (f *file) mark() {
	plain, ok := f.content.(*plain)
	at := f.Start().Offset
	if !ok || at == f.marked {
		return
	}
	words, ok := wordsBefore(plain.handle, at)
	if !ok || !f.intact() {
		return
	}
	f.t.book.mu.Lock()
	defer f.t.book.mu.Unlock()
	f.entry.Tail, f.entry.TailAt = digest(words), at
	f.marked = at
}
