package tailer

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
)

// turnstile has the files of one log shipped in the order in which they were
// written: after an outage several of them lie there.
type turnstile struct {
	before []<-chan struct{} // closed when the files before may be left behind

	mu        sync.Mutex
	committed int64 // what is on the bus
	read      int64 // the end of the file when it was reached last,
	whole     int64 // and of its last whole line
	ended     bool
	behind    []queued
}

// queued is a file that waits for this one to be shipped up to a size.
type queued struct {
	size int64
	open chan struct{}
}

// queue gives a channel that is closed when size bytes have been shipped, or
// the whole lines of them, or nobody ships the file any more.
func (o *turnstile) queue(size int64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	q := queued{size, make(chan struct{})}
	o.behind = append(o.behind, q)
	o.pass()
	return q.open
}

// wait waits for the files before.
func (o *turnstile) wait(ctx context.Context) error {
	for _, open := range o.before {
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// reached notes that the end of the file was read, and where its last whole
// line ends.
func (o *turnstile) reached(end, whole int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read, o.whole = end, max(o.whole, whole)
	o.pass()
}

// commit notes what is on the bus.
func (o *turnstile) commit(at int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.committed = at
	o.pass()
}

// release lets everybody through, whatever happened to this file.
func (o *turnstile) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.pass()
}

// pass lets those through whose time has come; mu is held.
func (o *turnstile) pass() {
	o.behind = slices.DeleteFunc(o.behind, func(q queued) bool {
		through := o.ended || o.committed >= q.size || o.read >= q.size && o.committed >= o.whole
		if through {
			close(q.open)
		}
		return through
	})
}

// precedes tells that a file is of the same log as another one that comes
// after it: it has a name that rotation derived from that of the other, or was
// moved away itself and both names are derived from one. Compressed files at
// configured paths are logs of their own.
func precedes(earlier, later sighting) bool {
	if earlier.packed && earlier.matched || filepath.Dir(earlier.path) != filepath.Dir(later.path) {
		return false
	}
	a, b := filepath.Base(earlier.path), filepath.Base(later.path)
	before, after := rotatedFrom(a), rotatedFrom(b)
	if earlier.matched { // or was, when the scan looked, and has been renamed since
		return a == b || slices.Contains(before, b)
	}
	return a == b || slices.Contains(before, b) || slices.Contains(after, a) ||
		slices.ContainsFunc(after, func(name string) bool { return slices.Contains(before, name) })
}
