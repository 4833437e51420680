package bouncer

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// found is a decision and where it is.
type found struct {
	place place
	decision
}

// delta is what a bouncer has to hear.
type delta struct {
	added, deleted []found
	last           uint64 // revision after it

	view   *view
	filter *filter
	now    time.Time
	there  map[place][]found // what is told of the places that were looked at
	gone   map[place][]block.ID
}

// since gives what has changed after a revision: what is there now at each
// place, or else what was. known is false for a bouncer of which we do not know
// what it has: it gets all, and ended tells what it may hold besides.
func (v *view) since(revision uint64, known bool, f *filter, ended func() []block.Block, now time.Time) delta {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	d := delta{last: v.last, view: v, filter: f, now: now, there: map[place][]found{}, gone: map[place][]block.ID{}}
	if resync := !known || revision < v.floor || revision > v.last; resync {
		for p := range v.current {
			d.look(p)
		}
		d.takeEnded(ended())
		revision = v.floor
	}
	for i := len(v.changes) - 1; i >= 0 && v.changes[i].revision > revision; i-- {
		d.look(v.changes[i].place)
		d.remove(v.changes[i].place, v.changes[i].was)
	}
	return d
}

// look adds what is at a place: the decision that lasts longest of those that
// are wanted, or all of them for a bouncer that asks so.
func (d *delta) look(p place) {
	if _, done := d.there[p]; done {
		return
	}
	d.there[p] = nil
	for i := range d.view.current[p] {
		c := &d.view.current[p][i]
		if !c.until.After(d.now) || !d.filter.wants(p, c) {
			continue
		}
		d.there[p] = append(d.there[p], found{p, *c})
		if !d.filter.repeats {
			break
		}
	}
	d.added = append(d.added, d.there[p]...)
}

// remove adds that a decision is over, unless what is told of its place says
// that it holds. Without repeats a bouncer knows a place by its value alone: no
// end is told while anything holds there.
func (d *delta) remove(p place, was decision) {
	id := was.id
	if id == 0 || !d.filter.wants(p, &was) {
		return
	}
	if !d.filter.repeats {
		id = 0
	}
	holds := slices.ContainsFunc(d.there[p], func(f found) bool { return id == 0 || f.id == id })
	if holds || slices.Contains(d.gone[p], id) {
		return
	}
	d.gone[p] = append(d.gone[p], id)
	d.deleted = append(d.deleted, found{p, was})
}

// takeEnded adds the places of blocks that are over.
func (d *delta) takeEnded(ended []block.Block) {
	for i := range ended {
		b := &ended[i]
		if !d.view.holds(b.Segment) || !sent(b) {
			continue
		}
		for _, p := range placesOf(b.Target, d.view.allow) {
			d.look(p)
			d.remove(p, decisionOf(b))
		}
	}
}
