package tailer

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// file is an open log file. It implements ingest.File.
type file struct {
	t       *Tailer
	entry   *entry
	key     key
	handle  *os.File
	first   []byte // the first line, which tells that the file is still the same
	rotated bool   // nobody writes to it any more
	path    atomic.Pointer[string]
	wake    chan struct{} // holds one
	retire  chan struct{} // closed to have the file set aside
	retired bool          // of the scanning goroutine

	idleSince atomic.Int64 // Unix ns since when Wait waits; 0 = it does not
	truncated atomic.Bool
	marking   sync.Mutex // guards marked
	marked    int64      // the offset of the last mark
	// What Wait alone uses.
	grown    time.Time // when the file was longer than before
	detached time.Time // when its path was first seen to lead elsewhere
	last     look      // the last look, when everything before had been read
}

func (t *Tailer) newFile(e *entry, handle *os.File, first []byte, k key, path string, rotated bool) *file {
	f := &file{
		t: t, entry: e, key: k, handle: handle, first: first, rotated: rotated,
		wake: make(chan struct{}, 1), retire: make(chan struct{}), grown: time.Now(),
	}
	f.path.Store(&path)
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
func (f *file) Size() int64 { return f.look().size }

// Commit implements ingest.File.
func (f *file) Commit(at event.Position) {
	f.t.book.change(func() { f.entry.Offset, f.entry.Line = at.Offset, at.Line })
}

// ReadAt implements ingest.File.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	if !f.intact(offset) {
		f.truncated.Store(true)
		return 0, ingest.ErrTruncated
	}
	n, err := f.handle.ReadAt(p, offset)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// intact tells whether the file is still the one that was opened, and has
// offset bytes.
func (f *file) intact(offset int64) bool {
	var buf [fingerprintBytes]byte
	n, _ := f.handle.ReadAt(buf[:len(f.first)], 0)
	return bytes.Equal(buf[:n], f.first) && f.look().size >= offset
}

func (f *file) look() look {
	info, err := f.handle.Stat()
	if err != nil {
		return look{}
	}
	l, _ := lookAt(info)
	return l
}

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
	f.idleSince.Store(time.Now().UnixNano())
	defer f.idleSince.Store(0)
	for {
		if changed, err := f.changed(size); changed || err != nil {
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

// changed compares the file with its size when it was last read.
func (f *file) changed(size int64) (bool, error) {
	now := f.look()
	f.last = now
	switch {
	case now.size > size:
		f.grown = time.Now()
		return true, nil
	case now.size < size:
		f.truncated.Store(true)
		return false, ingest.ErrTruncated
	case f.done(now):
		return false, io.EOF
	}
	return false, nil
}

// done tells that nobody will write to the file any more: it has another
// name or none, something else has its place, and it has been idle a while.
// While nothing else is in its place, whoever wrote to it may still do so.
func (f *file) done(now look) bool {
	if !f.rotated {
		there, ok := lookPath(f.Path())
		if ok && there.key == f.key {
			f.detached = time.Time{}
			return false
		}
		if f.detached.IsZero() {
			f.detached = time.Now()
			f.t.lookAgain()
		}
		if !ok && now.links > 0 {
			return false
		}
	}
	idle := min(time.Since(f.grown), time.Since(f.detached))
	return idle >= f.t.opts.Drain
}

// notify has Wait look at the file.
func (f *file) notify() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// idleFor is how long the file has been waiting for lines.
func (f *file) idleFor(now time.Time) time.Duration {
	since := f.idleSince.Load()
	if since == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, since))
}

// mark notes the last words before the committed offset, by which a copy of
// the file is recognised after the file itself was truncated.
func (f *file) mark() {
	f.marking.Lock()
	defer f.marking.Unlock()
	at := f.Start().Offset
	if at == f.marked {
		return
	}
	words, ok := wordsBefore(f.handle, at)
	if !ok || !f.intact(at) {
		return
	}
	f.t.book.mu.Lock()
	defer f.t.book.mu.Unlock()
	f.entry.Tail, f.entry.TailAt = digest(words), at
	f.marked = at
}
