package tailer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// consider decides what a file is: one that is being followed, one that was
// read before, the copy of one that was truncated, or a new one. It gives the
// file if it is to be followed from now on; begun have been chosen before in
// this scan.
func (t *Tailer) consider(ctx context.Context, s Source, c candidate, begun int) *file {
	p := place{s.Name, c.key}
	if f := t.opened(p); f != nil {
		if c.matched && f.Path() != c.path {
			t.renamed(f, c.path)
		}
		return nil
	}
	if was, ok := t.lookedAt(p); ok && was.missed == c.missed && was.size == c.size && was.changed.Equal(c.changed) {
		return nil
	}
	if len(t.files())+begun >= t.opts.MaxFiles {
		t.crowd++
		return nil
	}
	handle, err := os.Open(c.path)
	if err != nil {
		t.cannotOpen(s, c, err)
		return nil
	}
	f, settled := t.identify(ctx, s, c, handle)
	if f == nil {
		_ = handle.Close()
	}
	if settled {
		t.noteLook(p, noted{c.look, c.missed})
	}
	return f
}

func (t *Tailer) renamed(f *file, path string) {
	f.path.Store(&path)
	t.reindex()
	t.book.change(func() { f.entry.Path = path })
}

func (t *Tailer) cannotOpen(s Source, c candidate, err error) {
	if !c.matched || os.IsNotExist(err) {
		return
	}
	t.noteLook(place{s.Name, c.key}, noted{c.look, c.missed})
	t.metrics.failures.WithLabelValues("open").Inc()
	t.log.Error("a log file cannot be opened: let the service read it", "source", s.Name, "file", c.path, "error", err)
}

// identify looks into an open file. settled tells that there is no more to
// learn until the file changes.
func (t *Tailer) identify(ctx context.Context, s Source, c candidate, handle *os.File) (f *file, settled bool) {
	info, err := handle.Stat()
	if err != nil {
		return nil, false
	}
	now, ok := lookAt(info)
	if !ok || now.key != c.key {
		return nil, false // it was replaced just now
	}
	first, old := t.entryAt(s, c, handle)
	if old != nil && !t.continues(old, now, handle, first) {
		t.displace(old)
	} else if old != nil {
		return t.resume(old, c, now, handle, first), true
	}
	if first == nil {
		return nil, true // too young to be known
	}
	if original := t.originalOf(s, c, now, handle, first); original != nil {
		t.moveTo(original, c)
		return t.newFile(original, handle, first, c.key, c.path, true), true
	}
	if !c.matched && (!c.missed && !t.heldLog(s, c) || t.readBefore(s, first)) {
		return nil, true
	}
	if t.mayBeCopy(s, c, handle, first) {
		return nil, false
	}
	e, err := t.newEntry(ctx, s, c, handle, first)
	if err != nil {
		return nil, false
	}
	return t.newFile(e, handle, first, c.key, c.path, !c.matched), true
}

// heldLog tells that the inode of c has held a log of ours, whose name c's is
// derived from: what is in it now was written after a truncation that nobody
// saw, and rotated away since.
func (t *Tailer) heldLog(s Source, c candidate) bool {
	return t.book.find(func(e *entry) bool {
		return e.Source == s.Name && e.origin() == c.key && related(e.Path, c.path)
	}) != nil
}

// readBefore tells that a file with this first line is known: c is a copy of
// it that somebody made.
func (t *Tailer) readBefore(s Source, first []byte) bool {
	head := digest(first)
	return t.book.find(func(e *entry) bool { return e.Source == s.Name && e.Head == head }) != nil
}

// continues tells whether a file is what its entry says, perhaps with more at
// its end.
func (t *Tailer) continues(e *entry, now look, handle io.ReaderAt, first []byte) bool {
	return first != nil && e.Head == digest(first) && now.size >= t.book.position(e).Offset && sameWords(e, handle)
}

// entryAt gives the first line of a file and the entry of its inode. A device
// may have another number after a restart.
func (t *Tailer) entryAt(s Source, c candidate, handle io.ReaderAt) (first []byte, e *entry) {
	first, ok := firstLine(handle)
	if !ok {
		first = nil
	}
	e = t.book.find(func(e *entry) bool { return e.Source == s.Name && e.key() == c.key })
	if e != nil || first == nil {
		return first, e
	}
	head := digest(first)
	e = t.book.find(func(e *entry) bool {
		return e.Source == s.Name && e.Inode == c.inode && e.Path == c.path && e.Head == head
	})
	if e != nil {
		t.moveTo(e, c)
	}
	return first, e
}

// resume goes on with a file that was read before. One that is at none of our
// paths any more is read only if something is left in it.
func (t *Tailer) resume(e *entry, c candidate, now look, handle *os.File, first []byte) *file {
	if !c.matched && now.size == t.book.position(e).Offset {
		return nil
	}
	t.moveTo(e, c)
	return t.newFile(e, handle, first, c.key, c.path, !c.matched)
}

func (t *Tailer) moveTo(e *entry, c candidate) {
	t.book.change(func() {
		e.Device, e.Inode, e.Path, e.Truncated, e.Seen = c.device, c.inode, c.path, false, time.Now()
	})
}

// displace notes that an inode holds something else by now. What was not read
// of the old file may be in a copy.
func (t *Tailer) displace(e *entry) {
	now := time.Now()
	t.book.change(func() { e.Truncated, e.Inode, e.until = true, 0, now.Add(search) })
	t.metrics.rotated.WithLabelValues("truncated").Inc()
	t.log.Info("a log file was replaced or truncated while it was not being read", "source", e.Source, "file", e.Path)
}

// originalOf gives the truncated file of which c is the copy.
func (t *Tailer) originalOf(s Source, c candidate, now look, handle io.ReaderAt, first []byte) *entry {
	head := digest(first)
	return t.book.find(func(e *entry) bool {
		return e.Truncated && e.Source == s.Name && e.origin() != c.key && e.Head == head && now.size >= e.Offset &&
			related(e.Path, c.path) && sameWords(e, handle)
	})
}

// sameWords checks the words that were noted last.
func sameWords(e *entry, handle io.ReaderAt) bool {
	words, ok := wordsBefore(handle, e.TailAt)
	return ok && (e.Tail == "" || digest(words) == e.Tail)
}

// mayBeCopy tells that c looks like a copy of a file that is being followed:
// it is about to be truncated, or has been and it was not noticed yet. Whoever
// took the copy for a new file would read everything twice.
func (t *Tailer) mayBeCopy(s Source, c candidate, handle io.ReaderAt, first []byte) bool {
	for _, f := range t.files() {
		if f.Source() != s.Name || f.rotated || !bytes.Equal(f.first, first) || !related(f.Path(), c.path) {
			continue
		}
		if !f.intact(f.Start().Offset) {
			f.notify()
			return true
		}
		if sameBeginning(f.handle, handle) {
			return true
		}
	}
	return false
}

// newEntry notes a file that was never seen.
func (t *Tailer) newEntry(ctx context.Context, s Source, c candidate, handle io.ReaderAt, first []byte) (*entry, error) {
	at := event.Position{Line: 1}
	if s.From == End && t.book.scanned(s.Name).IsZero() {
		var err error
		if at, err = endOf(ctx, handle); err != nil {
			t.log.Error("the end of a log file cannot be found", "source", s.Name, "file", c.path, "error", err)
			return nil, err
		}
	}
	generation := t.book.nextGeneration(s.Name, c.key)
	e := &entry{
		Source: s.Name, ID: event.FileID(s.Name, c.device, c.inode, generation, first),
		Device: c.device, Inode: c.inode, FirstDevice: c.device, FirstInode: c.inode,
		Generation: generation, Head: digest(first),
		Path: c.path, Offset: at.Offset, Line: at.Line, Seen: time.Now(),
	}
	t.book.change(func() { t.book.entries[e.ID] = e })
	return e, nil
}

// endOf finds the end of the last whole line.
func endOf(ctx context.Context, r io.ReaderAt) (event.Position, error) {
	at, buf := event.Position{Line: 1}, make([]byte, 1<<20)
	for offset := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		n, err := r.ReadAt(buf, offset)
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			at.Offset = offset + int64(i) + 1
			at.Line += int64(bytes.Count(buf[:n], []byte{'\n'}))
		}
		offset += int64(n)
		if err == io.EOF {
			return at, nil
		}
		if err != nil {
			return at, fmt.Errorf("count lines: %w", err)
		}
	}
}
