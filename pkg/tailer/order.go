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
// after it: it had its name, or has one that rotation derived from it.
func precedes(earlier, later *file) bool {
	a, b := earlier.Path(), later.Path()
	if earlier.Source() != later.Source() || filepath.Dir(a) != filepath.Dir(b) {
		return false
	}
	a, b = filepath.Base(a), filepath.Base(b)
	from := rotatedFrom(a)
	return a == b || slices.Contains(from, b) || earlier.rotated && later.rotated &&
		slices.ContainsFunc(rotatedFrom(b), func(name string) bool { return slices.Contains(from, name) })
}
