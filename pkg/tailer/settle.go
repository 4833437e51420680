package tailer

import (
	"cmp"
	"context"
	"os"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// settlement decides, for one source and one scan, which stream each file
// holds. A stream lies in one file at a time: where it was seen last as long
// as it is there, else in a file that begins like it and goes as far as it was
// read. A file that holds no stream on record, and was or may have been at a
// configured path, is a new one.
type settlement struct {
	t      *Tailer
	source Source
	first  bool // the source is looked at for the first time
	known  []*entry
	homes  map[string]sighting // by id
	fresh  []*entry
}

// settle gives where each stream of a source was found. fresh are those that
// were never seen; they have to be on disk before anything of them is read.
func (t *Tailer) settle(ctx context.Context, s Source, all []sighting) *settlement {
	v := &settlement{
		t: t, source: s, first: !t.book.surveyed(s.Name),
		known: t.book.ofSource(s.Name), homes: map[string]sighting{},
	}
	lodgers := map[key]*entry{}
	for _, e := range v.known {
		if !e.Truncated {
			lodgers[e.key()] = e
		}
	}
	var strangers []sighting
	for _, c := range all {
		if e := lodgers[c.key]; e == nil || !v.atHome(e, c) {
			strangers = append(strangers, c)
		}
	}
	// What a copy is of is clear once it is known which originals are truncated,
	// and a compressed one may still be in the making.
	slices.SortStableFunc(strangers, plainFirst)
	for _, c := range strangers {
		if ctx.Err() == nil {
			v.identify(ctx, c)
		}
	}
	t.book.saw(v.seen())
	return v
}

// seen gives the streams that are still there.
func (v *settlement) seen() []*entry {
	var entries []*entry
	for _, e := range v.known {
		home, housed := v.homes[e.ID]
		f := v.t.opened(e.ID)
		if f != nil {
			v.t.moved(f, !housed || !home.matched)
		}
		if housed || f != nil {
			entries = append(entries, e)
		}
	}
	return entries
}

// atHome tells whether a stream is still where it was seen last. If not, it is
// without a home from now on.
func (v *settlement) atHome(e *entry, c sighting) bool {
	if f := v.t.opened(e.ID); f != nil {
		if !f.intact() {
			f.stop() // it is without a home when it has ended
		} else if c.matched && f.Path() != c.path {
			v.t.renamed(f, c.path)
		}
		v.homes[e.ID] = c
		return true
	}
	if was, ok := v.t.settled[e.ID]; !ok || !was.same(c.look) {
		holds, err := v.t.holds(e, c)
		if err == nil && !holds {
			v.t.displace(e, v.t.book.turn)
			return false
		}
		if err == nil {
			v.t.settled[e.ID] = c.look
		}
	}
	if e.Path != c.path {
		v.t.book.change(func() { e.Path = c.path })
	}
	v.homes[e.ID] = c
	return true
}

// holds tells whether a stream lies in a file, up to where it was read.
func (t *Tailer) holds(e *entry, c sighting) (bool, error) {
	handle, err := os.Open(c.path)
	if err != nil {
		return false, err
	}
	defer handle.Close()
	if now, ok := lookHandle(handle); !ok || now.key != c.key {
		return false, errElsewhere
	}
	if !c.packed && !t.reaches(e, handle) {
		return false, nil
	}
	// Last, so that everything before was about the same stream.
	b, _, err := begins(c, handle)
	if err != nil || !e.head().like(b.head) {
		return false, err
	}
	if len(b.head) > len(e.head()) {
		t.book.change(func() { e.More = b.head[1:] })
	}
	return true, nil
}

// reaches tells whether a file goes as far as a stream was read, with the
// words before that place that are on record.
func (t *Tailer) reaches(e *entry, handle *os.File) bool {
	now, ok := lookHandle(handle)
	if !ok || now.size < t.book.position(e).Offset {
		return false
	}
	words, ok := wordsBefore(handle, e.TailAt)
	return e.Tail == "" || ok && digest(words) == e.Tail
}

// displace notes that a file holds another stream by now, as the given scan
// will find. What was not read of the old one may be in a copy.
func (t *Tailer) displace(e *entry, scan uint64) {
	t.book.change(func() { e.Truncated, e.lost = true, scan })
	t.metrics.rotated.WithLabelValues("truncated").Inc()
	t.log.Info("a log file was truncated or replaced", "source", e.Source, "file", e.Path, "id", e.ID, "read", t.book.position(e).Offset)
}

// identify finds out what lies in a file that is the home of no stream.
func (v *settlement) identify(ctx context.Context, c sighting) {
	g := v.t.glance(c)
	if g.err != nil || g.head == nil {
		v.t.tellUnreadable(v.source, c, g)
		return // unreadable, too young, or not unpackable yet
	}
	homeless, kin := v.homeless(v.kin(c, g.head), c)
	if homeless != nil {
		v.move(homeless, c)
		return
	}
	if len(kin) > 0 {
		v.outgrown(kin, c)
		return // a copy, whole or in the making
	}
	if c.matched || c.rotated || v.held(c) {
		v.enter(ctx, c, g.beginning)
	}
}

// kin gives the streams that begin like a file, under a name that is related
// to its, those first that were read furthest. A stream that has just lost this
// very file is not kin: the file was cut, or written anew.
func (v *settlement) kin(c sighting, h head) []*entry {
	var kin []*entry
	for _, e := range v.known {
		formerly := e.Truncated && e.key() == c.key && e.lost == v.t.book.turn
		if !formerly && related(e.Path, c.path) && e.head().like(h) {
			kin = append(kin, e)
		}
	}
	slices.SortFunc(kin, func(x, y *entry) int {
		return cmp.Compare(v.t.book.position(y).Offset, v.t.book.position(x).Offset)
	})
	return kin
}

// homeless gives the stream that lies in c and nowhere else, and what of the
// kin is left of which c may be a copy.
func (v *settlement) homeless(kin []*entry, c sighting) (*entry, []*entry) {
	var left []*entry
	for _, e := range kin {
		if v.settledElsewhere(e) {
			left = append(left, e)
			continue
		}
		holds, err := v.t.holds(e, c)
		if holds && err == nil {
			return e, nil
		}
		if err != nil || c.packed || c.size < v.t.book.position(e).Offset {
			left = append(left, e)
		}
	}
	return nil, left
}

// settledElsewhere tells that nobody looks for a stream.
func (v *settlement) settledElsewhere(e *entry) bool {
	_, housed := v.homes[e.ID]
	return housed || e.Past || v.t.opened(e.ID) != nil
}

func (v *settlement) move(e *entry, c sighting) {
	v.t.log.Debug("a log file was found elsewhere", "source", e.Source, "id", e.ID, "from", e.Path, "file", c.path, "inode", c.inode)
	v.t.book.change(func() { e.Device, e.Inode, e.Path, e.Truncated, e.Packed = c.device, c.inode, c.path, false, 0 })
	v.t.settled[e.ID] = c.look
	v.homes[e.ID] = c
}

func plainFirst(a, b sighting) int {
	switch {
	case a.packed == b.packed:
		return 0
	case b.packed:
		return -1
	}
	return 1
}

// outgrown moves a stream to a file that goes on where its home ends: what was
// taken for the log was a copy of it, or is its compressed form.
func (v *settlement) outgrown(kin []*entry, c sighting) {
	for _, e := range kin {
		home, housed := v.homes[e.ID]
		read := v.t.book.position(e).Offset
		if !housed || e.Past || c.packed || c.size <= read || !home.packed && v.left(e, home) {
			continue
		}
		if holds, err := v.t.holds(e, c); !holds || err != nil {
			continue
		}
		if f := v.t.opened(e.ID); f != nil {
			f.setAside()
			return
		}
		v.move(e, c)
		return
	}
}

// left tells whether the home of a stream has more of it, by a look at it now.
func (v *settlement) left(e *entry, home sighting) bool {
	now, ok := lookPath(home.path)
	if !ok || now.key != home.key {
		return true // it has been moved: the next scan knows where
	}
	return now.size > v.t.book.position(e).Offset
}

// held tells that the inode of c has held a log of ours, from whose name that
// of c is derived: what is in it now was written after a truncation that nobody
// saw.
func (v *settlement) held(c sighting) bool {
	return slices.ContainsFunc(v.known, func(e *entry) bool {
		return (e.origin() == c.key || e.key() == c.key) && related(e.Path, c.path)
	})
}

// enter puts a new stream on record.
func (v *settlement) enter(ctx context.Context, c sighting, b beginning) {
	at, past := event.Position{Line: 1}, false
	switch {
	case !v.first:
	case !c.matched || c.packed && v.source.From == End:
		past = true // it was rotated before we came
	case v.source.From == End:
		var err error
		if at, err = endOf(ctx, c.path); err != nil {
			v.t.log.Error("the end of a log file cannot be found", "source", v.source.Name, "file", c.path, "error", err)
			return
		}
	}
	e := newEntry(v.source.Name, c, b, v.t.book.nextGeneration(v.source.Name, c.key), at)
	e.Past = past
	v.t.log.Debug("a log file is new", "source", e.Source, "id", e.ID, "file", c.path, "inode", c.inode, "past", past)
	v.t.book.add(e)
	v.known = append(v.known, e)
	v.t.settled[e.ID] = c.look
	v.homes[e.ID] = c
	v.fresh = append(v.fresh, e)
}
