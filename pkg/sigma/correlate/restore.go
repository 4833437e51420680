package correlate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the correlations cannot be read")

// Restore takes what WriteSnapshot wrote, in place of what is remembered. What
// belongs to correlations of another key or version is left out, and what
// exceeds the bounds is forgotten. No data is no memory. The error wraps
// ErrState, and leaves the engine as it was.
func (e *Engine) Restore(data []byte) error {
	s := state{secret: e.secret, horizon: minTime}
	if len(data) > 0 {
		if err := s.read(data, e.watches); err != nil {
			return fmt.Errorf("restore correlations: %w: %w", ErrState, err)
		}
	}
	e.reset()
	e.secret, e.horizon, e.ghosts, e.record = s.secret, s.horizon, nil, ref{}
	e.take(s.groups)
	return nil
}

// reset forgets everything.
func (e *Engine) reset() {
	for _, w := range e.watches {
		w.groups = 0
	}
	e.memory, e.table, e.schedule, e.spare, e.files = memory{}, table{}, nil, nil, names{}
	e.ExpectNothing()
}

// take adds groups, which are in the order in which they were touched.
func (e *Engine) take(groups []*group) {
	for _, g := range groups {
		g.hash = e.placeOf(g.watch, []byte(g.key)).hash
		g.bytes, g.serial, g.seen, g.due = 0, 0, 0, e.due(g)
		for i := range g.sample {
			g.sample[i].file = e.files.intern(*g.sample[i].file)
		}
		e.keep(g)
	}
	e.shrink()
}

// state is what a snapshot holds.
type state struct {
	secret  secret
	horizon int64
	watches []*watch // nil: not ours
	groups  []*group
}

func (s *state) read(data []byte, ours []*watch) error {
	const head, foot = len(snapshotMagic) + 1, 4
	if len(data) < head+16+foot || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return errors.New("this is no snapshot")
	}
	if v := data[head-1]; v != snapshotVersion {
		return fmt.Errorf("version %d, this program reads %d", v, snapshotVersion)
	}
	body := data[:len(data)-foot]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(data[len(body):]) {
		return errors.New("the checksum is wrong")
	}
	r := reader{buf: body[head:]}
	s.secret = secret{r.fixed(), r.fixed()}
	s.horizon = r.time(0)
	s.readWatches(&r, ours)
	s.readGroups(&r)
	s.readNames(&r)
	if r.failed || len(r.buf) > 0 {
		return errors.New("it is cut or damaged")
	}
	return nil
}

func (s *state) readWatches(r *reader, ours []*watch) {
	known, twins := byName(ours), map[named]int{}
	for range r.count(2) {
		key, version := r.text(), r.text()
		s.watches = append(s.watches, known[named{key, version, countTwin(twins, key, version)}])
	}
}

func (s *state) readGroups(r *reader) {
	seen := map[*watch]map[string]bool{}
	for range r.count(8) {
		i := r.word()
		if i >= uint64(len(s.watches)) {
			r.failed = true
			return
		}
		g := r.group(s.watches[i])
		if r.failed {
			return
		}
		if g.watch == nil {
			continue
		}
		if seen[g.watch] == nil {
			seen[g.watch] = map[string]bool{}
		}
		if !g.valid() || seen[g.watch][g.key] {
			r.failed = true
			return
		}
		seen[g.watch][g.key] = true
		s.groups = append(s.groups, g)
	}
}

func (s *state) readNames(r *reader) {
	n := r.count(1)
	if n != len(r.names) {
		r.failed = true
		return
	}
	for i := range n {
		*r.names[i] = r.text()
	}
}

// valid tells whether a group that was read can be one.
func (g *group) valid() bool {
	w := g.watch
	if splitKey(g.key, len(w.rule.GroupBy)) == nil && g.key != "" || g.hits < 1 || len(g.windows) == 0 {
		return false
	}
	for i := range g.windows {
		win := &g.windows[i]
		if i > 0 && g.windows[i-1].index >= win.index || win.events < 1 || win.index < minTime/w.span-1 || win.index > maxTime/w.span {
			return false
		}
		if !w.measure.valid(win) {
			return false
		}
	}
	return true
}

// reader takes a snapshot apart. After a failure it gives zeros.
type reader struct {
	buf    []byte
	names  []*string // of files, filled when the table is read
	failed bool
}

func (r *reader) fail() {
	r.failed, r.buf = true, nil
}

func (r *reader) fixed() uint64 {
	if len(r.buf) < 8 {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.buf)
	r.buf = r.buf[8:]
	return n
}

func (r *reader) word() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

// time reads a time that lies at a distance from another one.
func (r *reader) time(near int64) int64 {
	t := near + r.number()
	if t < minTime || t > maxTime {
		r.fail()
		return 0
	}
	return t
}

// count reads how many things follow that take at least so many bytes each.
func (r *reader) count(bytes int) int {
	n := r.word()
	if n > uint64(len(r.buf)/bytes) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count(1)
	s := string(r.buf[:n])
	r.buf = r.buf[n:]
	return s
}

// group reads a group of a watch, which may be unknown.
func (r *reader) group(w *watch) *group {
	g := new(group)
	g.prepare(w, r.text(), 0)
	g.hits, g.latest = r.number(), r.time(0)
	g.touched = r.time(g.latest)
	for range min(r.count(3), sampleSize) {
		g.sample = append(g.sample, ref{file: r.file(), offset: r.number(), time: r.time(g.latest)})
	}
	span, at, to := int64(1), int64(0), int64(0)
	if w != nil {
		span = w.span
		at, to = w.nearby(g.latest)
	}
	latest := floor(g.latest, span)
	for range r.count(7) {
		index := latest + r.number()
		g.windows = append(g.windows, r.window(g.latest, at, to))
		g.windows[len(g.windows)-1].index = index
	}
	return g
}

func (r *reader) window(near, at, to int64) window {
	flags := r.word()
	w := window{told: flags&1 == 1, coarse: uint8(flags >> 1), total: r.number(), events: r.number(), first: r.time(near)}
	for range r.count(3) {
		w.cells = append(w.cells, cell{key: r.word(), at: at + r.number(), to: to + r.number()})
	}
	if n := r.count(1); n > 0 {
		times := make([]int64, n)
		for i := range times {
			times[i] = near + r.number()
		}
		w.times = &times
	}
	return w
}

// file reads the place of a name in the table that comes later.
func (r *reader) file() *string {
	i := r.word()
	if i > uint64(len(r.names)) {
		r.fail()
	}
	if r.failed {
		return new(string)
	}
	if i == uint64(len(r.names)) {
		r.names = append(r.names, new(string))
	}
	return r.names[i]
}
