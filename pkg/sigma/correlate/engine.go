package correlate

import (
	"crypto/rand"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Options bound an Engine.
type Options struct {
	// MaxGroups is how many groups all correlations together may have; 0 means 200,000.
	MaxGroups int
	// MaxBytes is about how much memory they may take; 0 means 128 MiB.
	MaxBytes int64
	// Lateness is by how much an event may be late without changing what is
	// found; 0 means 5 minutes. Judged conditions are told that much later.
	Lateness time.Duration
}

// Engine correlates. It is not safe for concurrent use.
type Engine struct {
	options  Options
	lateness int64
	watches  []*watch // children before their parents
	fields   []string
	links    map[*sigma.Rule][]link
	secret   secret
	horizon  int64 // how far event time has come
	memory   memory
	table    table
	seed     maphash.Seed // of the table's hashes
	spare    []*group     // that may be used again
	ghosts   ghosts
	schedule schedule
	files    names
	counts   Stats

	// Of the record being fed.
	serial uint64
	record ref
	place  uint64
	fed    bool
	found  []place // by link
	ahead  ahead

	key, tuple []byte // scratch
}

// defaultLateness is what [Options] say of a Lateness of 0.
const defaultLateness = 5 * time.Minute

// Times are kept in range, so that a few timespans can be added to them.
const (
	maxTime = math.MaxInt64 / 8 * 7
	minTime = -maxTime
)

// New makes an engine without memory.
func New(cs []*sigma.Correlation, o Options) *Engine {
	if o.MaxGroups <= 0 {
		o.MaxGroups = 200_000
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 128 << 20
	}
	if o.Lateness <= 0 {
		o.Lateness = defaultLateness
	}
	e := &Engine{
		options: o, lateness: min(int64(o.Lateness), maxSpan), horizon: minTime,
		links: map[*sigma.Rule][]link{}, secret: newSecret(), seed: maphash.MakeSeed(), files: names{},
	}
	e.connect(cs)
	return e
}

func newSecret() secret {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return secret{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
}

// connect makes a watch for each correlation, children first, and links them
// with what they refer to.
func (e *Engine) connect(cs []*sigma.Correlation) {
	made, fields, twins := map[*sigma.Correlation]*watch{}, map[string]int{}, map[named]int{}
	var add func(c *sigma.Correlation) *watch
	add = func(c *sigma.Correlation) *watch {
		if w, ok := made[c]; ok {
			return w
		}
		w := newWatch(c)
		made[c] = w
		for i := range c.Members {
			if child := c.Members[i].Correlation; child != nil {
				add(child).raiseTo(w.link(i, func(name string) int { return indexIn(child.GroupBy, name) }))
			} else if r := c.Members[i].Rule; r != nil {
				e.links[r] = append(e.links[r], w.link(i, func(name string) int { return e.field(fields, name) }))
			}
		}
		w.order, w.twin = len(e.watches), countTwin(twins, c.Key(), c.Version)
		w.salt = uint64(w.order+1) * 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
		e.watches = append(e.watches, w)
		return w
	}
	for _, c := range cs {
		add(c)
	}
	for _, links := range e.links {
		pair(links)
	}
}

// pair finds the links whose groups have the same key.
func pair(links []link) {
	for i := range links {
		links[i].like = slices.IndexFunc(links[:i], func(l link) bool { return slices.Equal(l.group, links[i].group) })
	}
}

// raiseTo makes a parent see what the correlation finds.
func (w *watch) raiseTo(parent link) {
	w.parents = append(w.parents, parent)
	if m, ok := w.measure.(*distinct); ok {
		m.witnessed = true
	}
}

// link makes the link to a member, whose fields lie where the function says.
func (w *watch) link(member int, where func(name string) int) link {
	l := link{watch: w, member: member}
	for _, f := range w.rule.GroupBy {
		l.group = append(l.group, where(own(&w.rule.Members[member], f)))
	}
	for _, f := range w.rule.Fields {
		l.fields = append(l.fields, where(own(&w.rule.Members[member], f)))
	}
	return l
}

func (e *Engine) field(known map[string]int, name string) int {
	i, ok := known[name]
	if !ok {
		i = len(e.fields)
		known[name], e.fields = i, append(e.fields, name)
	}
	return i
}

// Fields are the fields that records are asked for, as the rules write them:
// the index that Record.Value takes.
func (e *Engine) Fields() []string { return e.fields }

// Wants tells whether a correlation refers to the rule.
func (e *Engine) Wants(r *sigma.Rule) bool { return len(e.links[r]) > 0 }

// Feed takes a record that a rule matched, and emits what it completes, also
// correlations that are Silent. All rules that match a record are fed one
// after the other, and a record is fed once. It does not move event time.
func (e *Engine) Feed(r *sigma.Rule, rec Record, emit func(Match)) {
	links := e.links[r]
	if len(links) == 0 {
		return
	}
	e.ExpectNothing()
	e.seek(links, rec)
	e.feedAll(links, e.ahead.places, rec, emit)
}

// feedAll gives a record to the correlations that want it.
func (e *Engine) feedAll(links []link, places []place, rec Record, emit func(Match)) {
	e.begin(rec)
	for i := range places {
		if p := &places[i]; p.ok {
			p.group = e.table.find(links[i].watch, p)
		}
	}
	e.found = places
	for i := range links {
		e.feed(&links[i], &places[i], rec, emit)
	}
	e.fed, e.found = false, nil
	e.shrink()
}

// begin looks at where a record stands.
func (e *Engine) begin(rec Record) {
	file, offset := rec.Order()
	at := min(max(rec.Time(), minTime), maxTime)
	other := e.record.offset != offset || e.record.time != at
	if e.record.file == nil || *e.record.file != file {
		e.record.file, other = e.files.intern(file), true
		e.place = e.secret.hash([]byte(file)) | maxMembers // a file is never no file
	}
	if other {
		e.serial++
	}
	e.record.offset, e.record.time, e.fed = offset, at, true
}

// seek finds out where the groups of a record are.
func (e *Engine) seek(links []link, rec Record) {
	first := len(e.ahead.places)
	for i := range links {
		l, p := &links[i], place{}
		if l.like >= 0 {
			p = e.ahead.places[first+l.like]
			p.hash ^= links[l.like].watch.salt ^ l.watch.salt
		} else if key, ok := l.key(e.key, rec); ok {
			p = e.placeOf(l.watch, key[len(e.key):])
			e.key = key
		}
		e.ahead.places = append(e.ahead.places, p)
	}
}

func (e *Engine) feed(l *link, p *place, rec Record, emit func(Match)) {
	o := &l.watch.event
	*o = occurrence{time: e.record.time, margin: 1, place: e.place, offset: e.record.offset}
	if !p.ok || !l.fill(o, rec, &e.tuple, e.secret) {
		l.watch.stats.Lacking++
		return
	}
	if l.watch.takes == takesIdentity {
		o.value = e.identity(e.place, uint64(e.record.offset), nil)
	}
	if e.record.time < e.horizon-e.lateness {
		l.watch.stats.Late++
	}
	e.occur(l.watch, p, o, e.serial, emit)
}

// identity is the hash of what names an event.
func (e *Engine) identity(a, b uint64, c []byte) uint64 {
	e.tuple = binary.LittleEndian.AppendUint64(e.tuple[:0], a)
	e.tuple = binary.LittleEndian.AppendUint64(e.tuple, b)
	e.tuple = append(e.tuple, c...)
	return e.secret.hash(e.tuple)
}

// occur puts an event into its group, and tells what that completes. Serial is
// the record's, or 0 when the event is no record.
func (e *Engine) occur(w *watch, p *place, o *occurrence, serial uint64, emit func(Match)) {
	index := floor(o.time, w.span)
	if w.judged != nil && (index+1)*w.span+e.lateness < e.horizon+o.margin {
		w.stats.TooLate++
		return
	}
	g := p.group
	if g == nil {
		g = e.table.find(w, p) // another correlation may have made it since
	}
	if g == nil {
		g = e.newGroup(w, p)
	} else if w.once && serial != 0 && g.serial == serial {
		return
	}
	g.serial = serial
	cur := g.window(index)
	if cur.events == 0 || o.time < cur.first {
		cur.first = o.time
	}
	cur.events++
	sure := w.measure.add(cur, o)
	if w.rising != nil {
		e.settle(g, cur, o.time, sure, emit)
	}
	e.touch(g, o.time)
}

// floor is a/b, rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// settle tells what is complete in the window of a new event, and in the one
// after it, whose timespans reach back to it.
func (e *Engine) settle(g *group, cur *window, at int64, sure bool, emit func(Match)) {
	w, next := g.watch, g.find(cur.index+1)
	if sure {
		e.complete(g, cur, completion{time: at, first: cur.first, count: int64(len(cur.cells))}, emit)
	}
	e.scan(g, g.find(cur.index-1), cur, at, emit)
	if next != nil {
		e.scan(g, cur, next, next.index*w.span, emit)
	}
}

// scan tells what is complete in a window from a time on. Parents hear of
// every event at which the condition holds; else one is enough.
func (e *Engine) scan(g *group, prev, cur *window, from int64, emit func(Match)) {
	for !cur.told || len(g.watch.parents) > 0 {
		c, ok := g.watch.rising.next(prev, cur, from)
		if !ok {
			return
		}
		e.complete(g, cur, c, emit)
		from = c.next
	}
}

// complete tells a window's finding, once, and the parents each time.
func (e *Engine) complete(g *group, w *window, c completion, emit func(Match)) {
	first := !w.told
	if first {
		w.told = true
		e.tell(g, w.index, Match{Time: c.time, First: c.first, Count: g.watch.rising.count(c.count)}, emit)
	}
	e.raise(g, w.index, c.time, first, emit)
}

// tell emits a match.
func (e *Engine) tell(g *group, index int64, m Match, emit func(Match)) {
	w := g.watch
	w.stats.Matches++
	m.Correlation, m.Group, m.Window = w.rule, splitKey(g.key, len(w.rule.GroupBy)), index*w.span
	m.Trigger = e.fed
	m.Sample = e.sample(g)
	emit(m)
}

// sample gives the records to show for a group: the one being fed is not among
// those that it remembers, unless another rule matched it before.
func (e *Engine) sample(g *group) []Ref {
	known := g.last()
	if n := len(known); e.fed && n > 0 && g.seen == e.serial {
		known = known[:n-1]
	}
	if e.fed && len(known) == sampleSize {
		known = known[1:]
	}
	var out []Ref
	for _, r := range known {
		out = append(out, Ref{File: *r.file, Offset: r.offset, Time: r.time})
	}
	if e.fed {
		out = append(out, Ref{File: *e.record.file, Offset: e.record.offset, Time: e.record.time})
	}
	return out
}

// raise gives a group's match to the correlations over its own.
func (e *Engine) raise(g *group, index, at int64, first bool, emit func(Match)) {
	w := g.watch
	for i := range w.parents {
		l := &w.parents[i]
		if !first && !l.watch.repeats() {
			continue
		}
		w.values.set(g.key)
		o := &l.watch.event
		*o = occurrence{time: at, margin: 1}
		if w.judged != nil {
			o.margin = 0
		}
		key, ok := l.key(w.key[:0], &w.values)
		w.key = key
		if !ok || !l.fill(o, &w.values, &e.tuple, e.secret) {
			l.watch.stats.Lacking++
			continue
		}
		if l.watch.takes == takesIdentity {
			o.value = e.identity(w.id, uint64(index), w.values.key)
		}
		p := e.placeOf(l.watch, key)
		e.occur(l.watch, &p, o, 0, emit)
	}
}
