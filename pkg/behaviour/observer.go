package behaviour

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Observer watches actors. It belongs to one goroutine at a time.
type Observer struct {
	options  Options
	limits   Limits
	seed     uint64
	disabled [detectors]bool

	actors *table[actor]
	routes *table[route]
	sites  *table[site]
	froms  *table[signIn] // addresses that sign in
	names  *table[signIn] // names that were refused
	owners *owners
	steps  *steps
	shares [kinds]peers // returns between places, by what names the actor
	hot    hotAddresses
	agents *agents

	now        int64 // of the record that is watched
	rows, told uint64
	pass       pass // memory of Add
}

// New makes an observer who has seen nothing.
func New(o Options) *Observer {
	o = o.withDefaults()
	ob := &Observer{
		options: o, limits: o.Limits, seed: o.Seed, owners: newOwners(o.MaxObjects), steps: newSteps(), agents: &agents{seed: o.Seed},
		routes: newTable(o.MaxRoutes, (*route).worth), sites: newTable(o.MaxSites, (*site).worth),
		froms: newTable(o.MaxSignIns, (*signIn).worth), names: newTable(o.MaxSignIns, (*signIn).worth),
	}
	ob.actors = newTable[actor](o.MaxActors, nil)
	ob.hook()
	for d := range detectors {
		ob.disabled[d] = slices.Contains(o.Disabled, d.String())
	}
	return ob
}

// hook has those who make room chosen, and their windows ended.
func (o *Observer) hook() {
	o.actors.worth = func(a *actor) float64 { return a.worth(o.now) }
	o.actors.leaving = o.end
	o.froms.leaving, o.names.leaving = o.endFrom, o.endName
}

// Add watches the rows from one to another, exclusive, but for those that we
// refused ourselves, in ascending order, and tells of each suspicion; what is
// told belongs to the observer and is valid until tell returns. Decoys' logs and
// calls that we made are passed over. Times are those of the records; a record
// that says it is later than when it was read counts as of then.
func (o *Observer) Add(b *event.Batch, from, to int, refused []int, tell func(*Suspicion)) {
	if b.Kind == event.Decoy || b.Direction == event.Egress {
		return
	}
	p := &o.pass
	p.begin(o, b, tell)
	for row := from; row < to; row++ {
		for len(refused) > 0 && refused[0] < row {
			refused = refused[1:]
		}
		if len(refused) == 0 || refused[0] != row {
			p.take(row)
		}
	}
	p.flush()
	p.finish()
}

// Stats tell how full an observer is.
type Stats struct {
	Actors, SignIns, Routes, Sites int
	Learning                       int    // sites of which nothing is said yet
	Evicted                        uint64 // actors and sign-ins that had to make room
	Rows                           uint64 // watched
	Suspicions                     uint64 // told
}

// Stats gives them.
func (o *Observer) Stats() Stats {
	learning := 0
	for place := range o.sites.rows() {
		if o.now-o.sites.at(place).since < int64(o.limits.Learning) {
			learning++
		}
	}
	return Stats{
		Learning: learning,
		Actors:   o.actors.rows(), SignIns: o.froms.rows() + o.names.rows(), Routes: o.routes.rows(), Sites: o.sites.rows(),
		Evicted: o.actors.evicted + o.froms.evicted + o.names.evicted, Rows: o.rows, Suspicions: o.told,
	}
}

// sweep looks after one actor and, now and then, one of those who sign in:
// windows that are over end although nobody comes back.
func (o *Observer) sweep(now int64) {
	o.now = now
	if place := o.actors.due(now); place >= 0 {
		a := o.actors.at(place)
		o.actors.until[place] = o.ended(a.start, a.last, now)
		if o.actors.until[place] == 0 {
			o.end(a)
		}
	}
	if o.rows++; o.rows%4 == 0 {
		o.sweepSignIns(o.froms, o.endFrom, now)
		o.sweepSignIns(o.names, o.endName, now)
	}
}

// ended gives when a window that goes on is over, or 0 if it is.
func (o *Observer) ended(start, last, now int64) int64 {
	if at := min(start+int64(o.limits.Window), last+int64(o.limits.Pause)); at > now {
		return at
	}
	return 0
}

// backwards is how far a clock may go back within a window.
const backwards = int64(10 * time.Minute)

// over tells whether a record at this time is not of the window any more.
func (o *Observer) over(start, last, t int64) bool {
	return t >= start+int64(o.limits.Window) || t >= last+int64(o.limits.Pause) || t < start-backwards
}

// end ends an actor's window: it becomes part of what is ordinary.
func (o *Observer) end(a *actor) {
	if !a.open {
		return
	}
	w, weight := &a.watch, float32(1)
	if w.spoken() {
		weight = 0.25
	}
	if place := o.sites.find(w.site); place >= 0 {
		o.sites.at(place).crowds[w.crowd].learn(a, weight)
		o.endSteps(&o.sites.at(place).crowds[w.crowd], a, weight)
	}
	for i := range w.objects {
		if t := &w.objects[i]; t.route != 0 {
			if place := o.routes.find(t.route); place >= 0 {
				o.routes.at(place).learn(t, a, weight)
			}
		}
	}
	if a.kind != kindAddress && w.requests >= fewTurns {
		o.shares[a.kind].learn(float64(w.returns), weight)
	}
	a.past.learn(w, &o.limits)
	a.watch, a.open = watch{}, false
}

// visit counts a window at the record's site.
func (o *Observer) visit(r *record) {
	place, fresh := o.sites.take(r.site)
	s := o.sites.at(place)
	if s.requests++; fresh {
		s.since = r.time
	}
}

// start opens an actor's window.
func (o *Observer) start(a *actor, r *record) {
	o.visit(r)
	a.open = true
	a.start, a.last, a.site, a.crowd = r.time, r.time, r.site, r.crowd
	l := &o.limits
	a.next = [detectors]float32{
		enumeration: float32(l.Objects), foreign: float32(l.Foreign), shared: float32(l.Overlaps), scraping: float32(l.Pages),
		walk: float32(l.Walk), exfiltration: float32(l.Bytes), order: float32(l.Steps), pace: 0, impostor: float32(l.Turns),
	}
}
