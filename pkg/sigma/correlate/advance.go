package correlate

// Advance says that event time has come so far: what can be judged is, and
// groups that can complete nothing more are forgotten. Time that goes back by
// more than a day was wrong, and is taken back; by less it means nothing. A
// Clock tells how far event time has come when not every source of records can
// be trusted.
func (e *Engine) Advance(to int64, emit func(Match)) {
	to = min(max(to, minTime), maxTime)
	if to < e.horizon-goneWrong {
		e.rewind(to)
	}
	e.until(to, emit)
	e.horizon = max(e.horizon, to)
	e.shrink()
}

// Finish judges all that is open, and leaves the engine without groups: for
// the end of a log.
func (e *Engine) Finish(emit func(Match)) { e.until(maxDue, emit) }

// rewind takes back an event time that was wrong: else nothing would be judged,
// and no group grow old, until it has come.
func (e *Engine) rewind(to int64) {
	e.horizon = to
	for i := range e.schedule {
		a := &e.schedule[i]
		a.group.touched = min(a.group.touched, to)
		a.due = e.due(a.group)
		a.group.due = a.due
	}
	e.schedule.order()
}

// until does what is due, in its order and each at its time.
func (e *Engine) until(to int64, emit func(Match)) {
	for e.schedule.has(to) {
		g := e.schedule[0].group
		e.horizon = max(e.horizon, min(g.due, maxTime))
		e.arrive(g, emit)
	}
}

// arrive does what is due for a group.
func (e *Engine) arrive(g *group, emit func(Match)) {
	due := e.due(g)
	switch {
	case due > g.due:
		e.schedule.move(g, due)
	case g.watch.rising != nil:
		e.counts.EvictedByAge++
		e.forget(g)
	default:
		e.judge(g, emit)
	}
}

// judge looks at a group's first window, which is over, and forgets it.
func (e *Engine) judge(g *group, emit func(Match)) {
	w := &g.windows[0]
	index, end := w.index, (w.index+1)*g.watch.span-1
	if count, ok := g.watch.judged.judge(w, g.watch.rule.Bounds); ok {
		e.tell(g, index, Match{Time: end, First: w.first, Count: count}, emit)
		e.raise(g, index, end, true, emit)
	}
	if g.dropOldest(1); len(g.windows) == 0 {
		e.counts.EvictedByAge++
		e.forget(g)
		return
	}
	e.schedule.move(g, e.due(g))
}
