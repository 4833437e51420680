package watch

import (
	"cmp"
	"math"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

const (
	falseRate     = 0.1 // of discoveries in a minute that may be false
	mostOpening   = 200 // looks of a minute that may open incidents
	knownOpeners  = 1   // incidents of a track that cost it nothing
	openerPenalty = 10  // times less credible for each further one
)

// judge goes through the looks of a minute that are worth it: those that are
// rare enough open incidents or belong to one; what the false discovery rate
// allows belongs to one that is there.
func (w *Watch) judge() {
	if len(w.looks) == 0 {
		return
	}
	w.chances = w.chances[:0]
	for i := range w.looks {
		l := &w.looks[i]
		w.correct(l)
		w.chances = append(w.chances, l.chance)
	}
	cut := discoveries(w.chances, max(w.looked, 1), falseRate)
	for i := range w.looks {
		if l := &w.looks[i]; l.chance <= cut || w.opens(l) {
			l.entry.mark(l, w.now)
		}
	}
	slices.SortStableFunc(w.looks, byImportance)
	opening := 0
	for i := range w.looks {
		l := &w.looks[i]
		opens := w.opens(l) && opening < mostOpening
		if opens {
			opening++
		}
		if w.belongs(l, opens, l.chance <= cut) {
			w.hold(l)
		} else if !opens || w.open(l) {
			w.tally(l)
		}
	}
}

// correct finds how often a look's chance really happens.
func (w *Watch) correct(l *look) {
	l.class = w.classOf(l)
	l.chance = w.tallies[l.class].real(l.claimed)
	if l.record != nil {
		if more := l.record.habit(w.now) - knownOpeners; more > 0 {
			l.chance = math.Min(1, l.chance*math.Pow(openerPenalty, more))
		}
	}
}

func (w *Watch) classOf(l *look) class {
	switch l.test {
	case byDiary:
		return dueLooks
	case bySize:
		return singleLooks
	}
	return classOf(l.entry.key.Dimension, l.pace)
}

// opens tells whether a look is rare enough for an incident of its own.
func (w *Watch) opens(l *look) bool {
	if l.test == byEarly {
		return true
	}
	return l.chance <= w.tallies[l.class].threshold(w.options.AlertsPerDay*shares[l.class])
}

// byImportance has places before people, what follows from the number of
// requests after that, and the rarest before others. What is equal stays in
// the order of rows.
func byImportance(a, b look) int {
	return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.follows(), b.follows()), cmp.Compare(b.rarity(), a.rarity()))
}

// follows is 1 for what there are fewer or more of because there are fewer or
// more requests: where both are off, it is the requests that are told.
func (l *look) follows() int {
	switch l.measure {
	case series.Paths, series.Objects, series.Principals, series.Addresses:
		return 1
	}
	return 0
}

func rank(l *look) int {
	switch l.entry.key.Dimension {
	case series.Network, series.Application:
		return 1
	case series.Principal:
		return 2
	case series.Address:
		return 3
	}
	return 0
}

// tally counts a look that opened an incident, or belongs to none, as an
// episode: once for as long as it goes on like this.
func (w *Watch) tally(l *look) {
	to := level(l.claimed)
	from := -1
	if l.record != nil {
		from = l.record.counted(w.now)
		l.record.hold(w.now, l.step, to)
	}
	w.tallies[l.class].count(from, to)
}

// hold notes that an episode, which is part of an incident, goes on.
func (w *Watch) hold(l *look) {
	if l.record != nil {
		l.record.counted(w.now)
		l.record.hold(w.now, l.step, level(l.claimed))
	}
}
