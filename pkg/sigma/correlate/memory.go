package correlate

// levels are how well known groups are, by how many events they had: 1, 2 to
// 3, 4 to 15, more. When room is needed, the group goes that was touched least
// recently among those of the lowest level that holds more than its reserve.
// There is always one, because the reserves together are half of the room.
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

// list is groups by when they were touched.
type list struct {
	oldest, newest *group
	n              int
}

func (l *list) push(g *group) {
	g.prev, g.next = l.newest, nil
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
	g.level = levelOf(g.hits)
	m.lists[g.level].push(g)
	m.groups++
	m.resize(g)
}

func (m *memory) remove(g *group) {
	m.lists[g.level].remove(g)
	m.groups--
	m.bytes -= g.bytes
}

// touch makes a group the most recent one of its level.
func (m *memory) touch(g *group) {
	level := levelOf(g.hits)
	if level != g.level || g.next != nil {
		m.lists[g.level].remove(g)
		g.level = level
		m.lists[level].push(g)
	}
	m.resize(g)
}

func (m *memory) resize(g *group) {
	n := g.size()
	m.bytes += n - g.bytes
	g.bytes = n
}

// victim is the group to forget when there is not enough room; nil: there is none.
func (m *memory) victim() *group {
	for i := range m.lists {
		if l := &m.lists[i]; l.n > m.groups/reserve {
			return l.oldest
		}
	}
	return nil
}

// shrink makes room.
func (e *Engine) shrink() {
	for e.memory.groups > e.options.MaxGroups || e.memory.bytes > e.options.MaxBytes {
		g := e.memory.victim()
		if g == nil {
			return
		}
		e.counts.EvictedBySize++
		e.forget(g)
		if g.level == 0 {
			e.haunt(g)
		}
	}
}

func (e *Engine) newGroup(w *watch, key string) *group {
	g := &group{watch: w, key: key, latest: minTime, touched: minTime, due: maxDue}
	g.windows = g.own[:0]
	if e.ghosts != nil && e.ghosts.take(e.ghost(g)) {
		g.hits = 1
	}
	w.groups[key] = g
	e.memory.add(g)
	e.schedule.push(g)
	return g
}

func (e *Engine) haunt(g *group) {
	if e.ghosts == nil {
		e.ghosts = newGhosts(e.options.MaxGroups)
	}
	e.ghosts.add(e.ghost(g))
}

func (e *Engine) ghost(g *group) uint64 {
	e.tuple = append(e.tuple[:0], g.key...)
	return e.secret.hash(e.tuple) ^ g.watch.id
}

func (e *Engine) forget(g *group) {
	delete(g.watch.groups, g.key)
	e.memory.remove(g)
	e.schedule.remove(g)
}

// touch notes that a group had an event, and forgets windows that can complete
// nothing more.
func (e *Engine) touch(g *group, at int64) {
	g.hits++
	g.latest, g.touched = max(g.latest, at), max(g.touched, e.horizon)
	if n := len(g.sample); e.fed && (n == 0 || g.sample[n-1] != e.record) {
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
