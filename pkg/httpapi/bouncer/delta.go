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
		d.takeUncut()
		d.takeEnded(ended())
		d.takeFreed(v.feed.Freed())
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

// takeUncut adds the places of blocks as they are without exemptions: one may
// have come since.
func (d *delta) takeUncut() {
	if d.view.allow == nil {
		return
	}
	for key, b := range d.view.blocks {
		if len(d.view.at[key]) == 1 && b.Target.Plain() && b.Target.Prefix().IsSingleIP() {
			continue // nothing can be cut from it
		}
		for _, p := range placesOf(b.Target, nil) {
			d.over(p, decisionOf(b))
		}
	}
}

// takeEnded adds the places of blocks that are over.
func (d *delta) takeEnded(ended []block.Block) {
	for i := range ended {
		b := &ended[i]
		if !d.view.holds(b.Segment) || !sent(b) {
			continue
		}
		for _, p := range d.placesOf(b.Target) {
			d.over(p, decisionOf(b))
		}
	}
}

// takeFreed adds the places of blocks that are over and of which nothing is
// known but where they were. A bouncer takes the end of what it does not have.
func (d *delta) takeFreed(freed []block.Block) {
	for i := range freed {
		b := &freed[i]
		if !d.view.holds(b.Segment) || !told(b.Target) {
			continue
		}
		for _, p := range d.placesOf(b.Target) {
			if d.look(p); len(d.there[p])+len(d.gone[p]) > 0 || !d.filter.within(p) {
				continue
			}
			d.gone[p] = append(d.gone[p], 0)
			d.deleted = append(d.deleted, found{p, decisionOf(b)})
		}
	}
}

// placesOf are where bouncers may know a block from before and after an
// exemption came.
func (d *delta) placesOf(t block.Target) []place {
	places := placesOf(t, nil)
	if d.view.allow != nil {
		places = append(places, placesOf(t, d.view.allow)...)
	}
	return places
}

// over adds that a decision is no more at a place.
func (d *delta) over(p place, was decision) {
	d.look(p)
	d.remove(p, was)
}
