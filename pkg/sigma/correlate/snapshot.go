package correlate

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A snapshot is a header, the engine's secret and time, the correlations by
// key and version, the groups by level and by when they were touched, the
// names of files that they mention, and a checksum. Times are differences, so
// that a group of one event takes about 60 bytes.
const (
	snapshotMagic   = "HMCO"
	snapshotVersion = 1
)

// WriteSnapshot writes all that is remembered. An engine that restores it
// finds what this one would.
func (e *Engine) WriteSnapshot(out io.Writer) error {
	w := writer{out: out, files: map[*string]uint64{}}
	w.buf = append(append(w.buf, snapshotMagic...), snapshotVersion)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, e.secret[0])
	w.buf = binary.LittleEndian.AppendUint64(w.buf, e.secret[1])
	w.number(e.horizon)
	w.count(len(e.watches))
	for _, watch := range e.watches {
		w.text(watch.rule.Key())
		w.text(watch.rule.Version)
	}
	w.count(e.memory.groups)
	for i := range e.memory.lists {
		for g := e.memory.lists[i].oldest; g != nil; g = g.next {
			w.group(g)
		}
	}
	w.count(len(w.names))
	for _, name := range w.names {
		w.text(name)
	}
	return w.end()
}

// writer writes a snapshot's parts, through a buffer.
type writer struct {
	out   io.Writer
	buf   []byte
	sum   uint32 // of what has left the buffer
	err   error
	files map[*string]uint64
	names []string

	last     *string
	lastFile uint64
}

// flushAt is how much the buffer may hold before a group.
const flushAt = 64 << 10

// flush empties a full buffer.
func (w *writer) flush(least int) {
	if len(w.buf) < least || w.err != nil {
		return
	}
	w.sum = crc32.Update(w.sum, crc32.IEEETable, w.buf)
	_, w.err = w.out.Write(w.buf)
	w.buf = w.buf[:0]
}

// end writes what is left, and the checksum.
func (w *writer) end() error {
	w.flush(0)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, w.sum)
	w.flush(0)
	if w.err != nil {
		return fmt.Errorf("snapshot correlations: %w", w.err)
	}
	return nil
}

func (w *writer) count(n int)    { w.buf = binary.AppendUvarint(w.buf, uint64(n)) }
func (w *writer) word(n uint64)  { w.buf = binary.AppendUvarint(w.buf, n) }
func (w *writer) number(n int64) { w.buf = binary.AppendVarint(w.buf, n) }
func (w *writer) text(s string)  { w.count(len(s)); w.buf = append(w.buf, s...) }

func (w *writer) group(g *group) {
	w.count(g.watch.order)
	w.text(g.key)
	w.number(g.hits)
	w.number(g.latest)
	w.number(g.touched - g.latest)
	w.count(len(g.sample))
	for i := range g.sample {
		r := &g.sample[(int(g.turn)+i)%len(g.sample)]
		w.word(w.file(r.file))
		w.number(r.offset)
		w.number(r.time - g.latest)
	}
	latest := floor(g.latest, g.watch.span)
	w.count(len(g.windows))
	for i := range g.windows {
		w.number(g.windows[i].index - latest)
		w.window(g.watch, &g.windows[i], g.latest)
	}
	w.flush(flushAt)
}

// window writes a window; its times lie near the group's latest one.
func (w *writer) window(watch *watch, win *window, near int64) {
	flags := uint64(win.coarse) << 1
	if win.told {
		flags |= 1
	}
	w.word(flags)
	w.number(win.total)
	w.number(win.events)
	w.number(win.first - near)
	at, to := watch.nearby(near)
	w.count(len(win.cells))
	for i := range win.cells {
		c := &win.cells[i]
		w.word(c.key)
		w.number(c.at - at)
		w.number(c.to - to)
	}
	w.count(len(win.instants()))
	for _, t := range win.instants() {
		w.number(t - near)
	}
}

// nearby gives what the numbers of cells are written as differences to.
func (w *watch) nearby(near int64) (at, to int64) {
	timesAt, timesTo := w.measure.times()
	if timesAt {
		at = near
	}
	if timesTo {
		to = near
	}
	return at, to
}

// file gives a file's place in the table of names. Most records are of the file
// of the one before.
func (w *writer) file(name *string) uint64 {
	if name == w.last {
		return w.lastFile
	}
	i, ok := w.files[name]
	if !ok {
		i = uint64(len(w.names))
		w.files[name], w.names = i, append(w.names, *name)
	}
	w.last, w.lastFile = name, i
	return i
}
