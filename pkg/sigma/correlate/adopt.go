package correlate

// Adopt takes over the memory and the figures of an engine for the
// correlations that both know by key and version, its event time, and its
// figures of all others. The old engine must not be used any more.
func (e *Engine) Adopt(old *Engine) {
	known := byName(e.watches)
	var groups []*group
	for i := range old.memory.lists {
		for g := old.memory.lists[i].oldest; g != nil; g = g.next {
			if w := known[g.watch.name()]; w != nil {
				g.watch = w
				groups = append(groups, g)
			}
		}
	}
	e.reset()
	e.secret, e.seed, e.horizon, e.ghosts, e.record = old.secret, old.seed, old.horizon, old.ghosts, ref{}
	e.counts = old.counts
	for _, w := range old.watches {
		e.adoptStats(known[w.name()], w.stats)
	}
	e.take(groups)
}

// adoptStats goes on counting where another engine was.
func (e *Engine) adoptStats(w *watch, s CorrelationStats) {
	if w == nil {
		e.counts.Late += s.Late
		e.counts.TooLate += s.TooLate
		e.counts.Lacking += s.Lacking
		e.counts.Matches += s.Matches
		return
	}
	s.Correlation = w.rule
	w.stats = s
}

// named is what a correlation is known by. One that has no id or name and
// stands in two files is there twice.
type named struct {
	key, version string
	twin         int
}

func (w *watch) name() named { return named{w.rule.Key(), w.rule.Version, w.twin} }

// countTwin counts correlations of one key and version, and gives how many came
// before.
func countTwin(twins map[named]int, key, version string) int {
	n := named{key: key, version: version}
	twins[n]++
	return twins[n] - 1
}

func byName(watches []*watch) map[named]*watch {
	known := map[named]*watch{}
	for _, w := range watches {
		known[w.name()] = w
	}
	return known
}
