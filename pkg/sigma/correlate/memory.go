package correlate

// levels are how well known groups are, by how many events they had: 1, 2 to
// 3, 4 to 15, more. When room is needed, a group goes of the lowest level that
// holds more than its reserve: the one that came to the level first, unless it
// was touched since; then it comes to it anew. There is always one, because
// the reserves together are half of the room.
const (
	levels  = 4
	reserve = 8 // a level keeps a reserve'th of all groups
)

func levelOf(hits int64) int {
	switch {
	case hits < 2:
		return 0
	case hits < 4:
		return 1
	case hits < 16:
		return 2
	}
	return 3
}

// list is groups by when they came to a level. To move them whenever they are
// touched would cost an event the memory of their neighbours.
type list struct {
	oldest, newest *group
	n              int
}

func (l *list) push(g *group) {
	g.prev, g.next, g.warm = l.newest, nil, false
	if l.newest != nil {
		l.newest.next = g
	} else {
		l.oldest = g
	}
	l.newest = g
	l.n++
}

func (l *list) remove(g *group) {
	if g.prev != nil {
		g.prev.next = g.next
	} else {
		l.oldest = g.next
	}
	if g.next != nil {
		g.next.prev = g.prev
	} else {
		l.newest = g.prev
	}
	l.n--
}

// memory is all groups of an engine.
type memory struct {
	lists  [levels]list
	groups int
	bytes  int64
}

func (m *memory) add(g *group) {
	g.level = int8(levelOf(g.hits))
	m.lists[g.level].push(g)
	m.groups++
	m.resize(g)
}

func (m *memory) remove(g *group) {
	m.lists[g.level].remove(g)
	m.groups--
	m.bytes -= int64(g.bytes)
}

// touch notes that a group had an event.
func (m *memory) touch(g *group) {
	if level := levelOf(g.hits); level != int(g.level) {
		m.lists[g.level].remove(g)
		g.level = int8(level)
		m.lists[level].push(g)
	} else if g.next != nil {
		g.warm = true
	}
	m.resize(g)
}

func (m *memory) resize(g *group) {
	n := g.size()
	m.bytes += n - int64(g.bytes)
	g.bytes = int32(n)
}

// victim is the group to forget when there is not enough room; nil: there is none.
func (m *memory) victim() *group {
	for i := range m.lists {
		if l := &m.lists[i]; l.n > m.groups/reserve {
			return l.coldest()
		}
	}
	return nil
}

// coldest is the oldest group that was not touched since it came.
func (l *list) coldest() *group {
	for l.oldest.warm {
		g := l.oldest
		l.remove(g)
		l.push(g)
	}
	return l.oldest
}

// shrink makes room.
func (e *Engine) shrink() {
	for e.memory.groups > e.options.MaxGroups || e.memory.bytes > e.options.MaxBytes {
		g := e.memory.victim()
		if g == nil {
			return
		}
		e.counts.EvictedBySize++
		if g.level == 0 {
			e.haunt(g)
		}
		e.forget(g)
	}
}

// newGroup makes a place's group.
func (e *Engine) newGroup(w *watch, p *place) *group {
	g := e.another()
	g.prepare(w, e.keyOf(p), p.hash)
	if e.ghosts.take(g.hash) {
		g.hits = 1
	}
	e.keep(g)
	p.group = g
	return g
}

// keyOf gives a place's key to keep: that of another correlation's group of
// the same record, if there is one.
func (e *Engine) keyOf(p *place) string {
	for i := range e.found {
		if g := e.found[i].group; g != nil && g.key == string(p.key) {
			return g.key
		}
	}
	return string(p.key)
}

// keep adds a group to all that are remembered.
func (e *Engine) keep(g *group) {
	g.watch.groups++
	e.memory.add(g)
	e.table.add(g)
	e.schedule.push(g)
}

// another gives the memory of a group that was forgotten, or new memory.
func (e *Engine) another() *group {
	n := len(e.spare)
	if n == 0 {
		return new(group)
	}
	g := e.spare[n-1]
	e.spare = e.spare[:n-1]
	return g
}

func (e *Engine) haunt(g *group) {
	if e.ghosts == nil {
		e.ghosts = newGhosts(e.options.MaxGroups)
	}
	e.ghosts.add(g.hash)
}

// maxSpare is how many groups that were forgotten may become others.
const maxSpare = 4096

func (e *Engine) forget(g *group) {
	g.watch.groups--
	e.memory.remove(g)
	e.table.remove(g)
	e.schedule.remove(g)
	if len(e.spare) < maxSpare {
		g.prepare(nil, "", 0)
		e.spare = append(e.spare, g)
	}
}

// touch notes that a group had an event, and forgets windows that can complete
// nothing more.
func (e *Engine) touch(g *group, at int64) {
	g.hits++
	g.latest, g.touched = max(g.latest, at), max(g.touched, e.horizon)
	if e.fed && g.seen != e.serial {
		g.seen = e.serial
		g.remember(e.record)
	}
	e.trim(g)
	if due := e.due(g); g.due == maxDue || due < g.due {
		e.schedule.move(g, due)
	}
	e.memory.touch(g)
}

// trim forgets a group's windows that are too old for events that may still
// come, by its own time: a record of the far future must not take the group's
// past, and a file that is read long after it was written has its own pace.
func (e *Engine) trim(g *group) {
	w, over := g.watch, 0
	if w.rising != nil {
		now := min(g.latest, e.horizon)
		for over < len(g.windows)-1 && (g.windows[over].index+2)*w.span+e.lateness <= now {
			over++
		}
	}
	if most := 16 + 2*int(min(e.lateness/w.span, 1<<16)); len(g.windows)-over > most {
		over = len(g.windows) - most
	}
	if over > 0 {
		g.dropOldest(over)
	}
}

// due is when there is something to do for a group: to judge its first window,
// or to forget it.
func (e *Engine) due(g *group) int64 {
	span := g.watch.span
	if g.watch.judged != nil {
		return (g.windows[0].index+1)*span + e.lateness
	}
	last := g.windows[len(g.windows)-1].index
	return max((last+2)*span+e.lateness, g.touched+span+e.lateness)
}
