package slow

import (
	"maps"
	"slices"
)

// newest is the highest number on a route that an actor has asked for so far,
// and the highest that another one has.
type newest struct{ first, second peak }

type peak struct {
	n     uint64
	actor int
}

// see takes a number in.
func (w *newest) see(p peak) {
	switch {
	case p.actor == w.first.actor:
		w.first.n = max(w.first.n, p.n)
	case p.n > w.first.n:
		w.first, w.second = p, w.first
	case p.n > w.second.n:
		w.second = p
	}
}

// without is the highest number of the others.
func (w newest) without(actor int) uint64 {
	if w.first.actor == actor {
		return w.second.n
	}
	return w.first.n
}

// newestOf gives, for each day of visits, what was the newest before it.
func newestOf(all []visits) map[int32]newest {
	days := map[int32][]peak{}
	for i := range all {
		for _, n := range all[i].numbers {
			days[n.day] = append(days[n.day], peak{n.n, all[i].actor})
		}
	}
	before, now := map[int32]newest{}, newest{peak{actor: -1}, peak{actor: -1}}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		before[day] = now
		for _, p := range days[day] {
			now.see(p)
		}
	}
	return before
}
