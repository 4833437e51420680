package tailer

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
)

// wish is a stream that has, or may get, something to read.
type wish struct {
	*entry
	at sighting
}

// wishes lists the streams that are to be followed, the oldest first.
func (v *settlement) wishes() []wish {
	var wanted []wish
	for _, e := range v.known {
		if c, ok := v.homes[e.ID]; ok && v.t.opened(e.ID) == nil && v.t.hasMore(e, c) {
			wanted = append(wanted, wish{e, c})
		}
	}
	slices.SortFunc(wanted, olderFirst)
	return wanted
}

// olderFirst sorts what is rotated before what is not.
func olderFirst(a, b wish) int {
	live := func(w wish) int {
		if w.at.matched && !w.at.rotated {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(live(a), live(b)), a.at.written.Compare(b.at.written), cmp.Compare(a.ID, b.ID))
}

// hasMore tells whether a stream is to be followed. Where somebody may write,
// it is, unless it was let go and nothing has happened since.
func (t *Tailer) hasMore(e *entry, c sighting) bool {
	if e.Past {
		return false
	}
	if rests, ok := t.resting[e.ID]; ok && rests.same(c.look) {
		return false
	}
	if c.packed {
		return e.Packed != c.size
	}
	return c.matched || c.size > t.book.position(e).Offset
}

// begin follows as many streams as there is room for, each in a goroutine
// that Run waits for. The others wait until a file is let go. Those of one log
// are let through in their order.
func (t *Tailer) begin(ctx context.Context, wanted []wish) {
	t.waiting = nil
	room := t.room()
	var before []wish // those that wait and hold others up
	for _, w := range wanted {
		if !room.take(w) || slices.ContainsFunc(before, w.follows) {
			t.waiting = append(t.waiting, w)
			if !w.at.matched {
				before = append(before, w)
			}
			continue
		}
		if f := t.openFile(w); f != nil {
			t.run(ctx, f)
		}
	}
	t.metrics.waiting.Set(float64(len(t.waiting)))
	if room.files <= 0 {
		t.makeRoom(len(t.waiting))
	}
}

// follows tells that what was written before w waits for room, so that w has
// to wait as well. Files at configured paths do not hold each other up.
func (w wish) follows(before wish) bool {
	return before.Source == w.Source && precedes(before.at, w.at)
}

// archivesAtOnce bounds how many compressed files are open, each of which may
// need windowBytes.
const archivesAtOnce = 2

// room is how many files may still be opened.
type room struct{ files, archives int }

func (t *Tailer) room() room {
	files := t.files()
	r := room{t.opts.MaxFiles - len(files), archivesAtOnce}
	for _, f := range files {
		if _, ok := f.content.(*packed); ok {
			r.archives--
		}
	}
	return r
}

// take takes the room that a stream needs.
func (r *room) take(w wish) bool {
	switch {
	case r.files <= 0 || w.at.packed && r.archives <= 0:
		return false
	case w.at.packed:
		r.archives--
	}
	r.files--
	return true
}

// openFile opens the file that holds a stream, if it still does.
func (t *Tailer) openFile(w wish) *file {
	handle, err := os.Open(w.at.path)
	if err != nil {
		t.tellUnreadable(Source{Name: w.Source}, w.at, t.glance(w.at))
		return nil
	}
	f := t.newFile(w.entry, w.at)
	if w.at.packed {
		f.content = newPacked(f, handle)
	} else if b, err := readBeginning(handle); err == nil && w.head().like(b.head) && t.reaches(w.entry, handle) {
		f.content = newPlain(f, handle, b.first)
	}
	if now, ok := lookHandle(handle); f.content == nil || !ok || now.key != w.at.key || !f.intact() {
		_ = handle.Close()
		t.lookAgain() // it was replaced just now
		return nil
	}
	return f
}

// run has a file followed, behind the others of its log that are open.
func (t *Tailer) run(ctx context.Context, f *file) {
	ctx, f.cancel = context.WithCancel(ctx)
	t.log.Debug("a log file is followed", "source", f.Source(), "id", f.ID(), "file", f.Path(), "rotated", f.rotated)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.open {
		if other.Source() == f.Source() && precedes(other.sighting(), f.sighting()) {
			f.order.before = append(f.order.before, other.order.queue(other.content.extent()))
		}
	}
	t.open[f.ID()] = f
	t.index()
	t.wg.Go(func() {
		err := f.order.wait(ctx)
		if err == nil {
			err = t.follow(ctx, f)
		}
		t.ended(f, err)
	})
}

// ended notes that nobody follows a file any more. What that means is for the
// scanning goroutine to decide.
func (t *Tailer) ended(f *file, err error) {
	f.cancel()
	f.order.release()
	t.mu.Lock()
	t.over = append(t.over, ended{f, err})
	t.mu.Unlock()
	if f.truncated.Load() {
		t.lookAgain()
	}
	signal(t.freed)
}

// reap lets go of the files that nobody follows any more. scan is the number
// of the scan that settles what they hold by now.
func (t *Tailer) reap(ctx context.Context, scan uint64) {
	t.mu.Lock()
	over := t.over
	t.over = nil
	t.mu.Unlock()
	for _, o := range over {
		t.letGo(ctx, o, scan)
	}
}

func (t *Tailer) letGo(ctx context.Context, o ended, scan uint64) {
	f, err := o.file, o.err
	f.mark()
	t.log.Debug("a log file is let go", "source", f.Source(), "id", f.ID(), "file", f.Path(), "error", err)
	switch {
	case f.truncated.Load() || err == nil && !f.intact():
		t.displace(f.entry, scan)
	case f.abandoned: // a copy may hold it
	case err == nil:
		t.rest(f)
		t.metrics.rotated.WithLabelValues("finished").Inc()
	case ctx.Err() == nil || !errors.Is(err, ctx.Err()):
		t.metrics.failures.WithLabelValues("read").Inc()
		t.log.Error("a log file cannot be read, it is tried again", "source", f.Source(), "file", f.Path(), "error", err)
	}
	f.content.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, f.ID())
	t.index()
}

// rest notes that there was nothing left to read.
func (t *Tailer) rest(f *file) {
	e, last := f.entry, f.content.last()
	t.resting[e.ID] = last
	t.book.change(func() {
		switch c := f.content.(type) {
		case *packed:
			if c.finished() {
				e.Packed = last.size
			}
		case *plain:
			// There will never be more of a deleted file, whatever a copy holds.
			now, ok := lookHandle(c.handle)
			e.Past = ok && now.links == 0 && now.size == e.Offset
		}
	})
}

// makeRoom sets the files aside that have waited longest for lines, when
// others wait to be read.
func (t *Tailer) makeRoom(crowd int) {
	if crowd == 0 {
		return
	}
	idle := t.files()
	slices.SortFunc(idle, func(a, b *file) int { return cmp.Compare(b.idleFor(), a.idleFor()) })
	for _, f := range idle[:min(crowd, len(idle))] {
		if f.idleFor() >= t.opts.Drain {
			f.setAside()
		}
	}
}

// dropDeleted lets go of the oldest deleted files when those that are still
// being read hold more of the disk than they may. What was not read of them
// is lost, and told.
func (t *Tailer) dropDeleted() {
	type deleted struct {
		*file
		look
	}
	var gone []deleted
	held := int64(0)
	for _, f := range t.files() {
		p, ok := f.content.(*plain)
		if !ok {
			continue
		}
		if now, ok := lookHandle(p.handle); ok && now.links == 0 {
			gone, held = append(gone, deleted{f, now}), held+now.size
		}
	}
	slices.SortFunc(gone, func(a, b deleted) int { return a.written.Compare(b.written) })
	for _, f := range gone {
		if held <= t.opts.Deleted {
			return
		}
		held -= f.look.size
		t.abandon(f.file, f.look.size-f.Start().Offset)
	}
}

func (t *Tailer) abandon(f *file, bytes int64) {
	if f.abandoned {
		return
	}
	f.abandoned = true
	t.metrics.lost.Add(float64(max(0, bytes)))
	t.log.Error("a deleted log file is let go unread, since deleted files hold too much of the disk: have the bus take lines again, or rotate more seldom",
		"source", f.Source(), "file", f.Path(), "lost_bytes", bytes)
	f.cancel()
}
