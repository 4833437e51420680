package watch

import (
	"math"
	"slices"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// An incident is one story: something that is off, from when it began until it
// is over.
type incident struct {
	id      string
	entry   *entry // where
	change  change
	first   look // that opened it
	worst   look // by size
	last    look // the latest
	also    series.Set
	parts   []finding.Part
	actors  []finding.Actor
	leading string // what carried most when it was told last
	shape   finding.Shape
	best    float64 // the least chance of a look
	places  int     // that were part of it in one minute, the most
	here    int     // in this one

	opened   int64 // minute in which it opened
	seen     int64 // the last minute that was off
	told     int64 // when it was told last; 0 = not yet
	toldSize float64
	tellings int
	over     int64 // when it ended; 0 = it lasts
	withheld bool  // the purse was empty
	sighting finding.Sighting
}

const (
	settles       = 1 * minute // before it is told
	quietFast     = 10 * minute
	quietHourly   = 3 * hour
	quietDaily    = 36 * hour
	quietSilence  = 2 * minute
	comesBack     = 1 * hour // within which it is the same one
	tellEvery     = 1 * hour
	tellOften     = 6 * hour // after which it is no news
	tellEverySlow = 1 * day
	tellLeast     = 10 * minute
	mostTellings  = 48
	mostLeads     = 4 // after which another explanation is no news
	doubles       = 2.0
	longest       = 7 * day // of one that is looked at by minutes
)

// open begins an incident at the place that explains a look; false if that is
// part of one that is open.
func (w *Watch) open(l *look) bool {
	if len(w.incidents) >= w.options.MaxIncidents {
		w.stats.Dropped++
		return true
	}
	at := w.lookAt(w.locate(l), l)
	at.class = l.class
	if at != l && w.belongs(at, true, true) {
		return false
	}
	w.absorb(at)
	i := w.newIncident(at)
	i.parts = w.explain(at.entry, at)
	i.actors = w.blame(at.entry, at.measure, i.parts)
	if at.single != nil {
		i.sighting = at.single.Sighting
		i.actors = nobodyElse(at.single)
	}
	if at.test == byEarly && at.entry.place != nil {
		at.entry.place.glimpse.Told = w.now
	}
	return true
}

// nobodyElse is who sent a record.
func nobodyElse(s *series.Single) []finding.Actor {
	if a := s.Actor(); a.Value != "" {
		return []finding.Actor{a}
	}
	return nil
}

// newIncident begins the incident of a look.
func (w *Watch) newIncident(at *look) *incident {
	i := &incident{
		entry: at.entry, change: at.change(), first: *at, worst: *at, last: *at, best: at.chance,
		opened: w.now, seen: w.now, places: 1, here: 1,
	}
	i.shape = w.shapeOf(at)
	i.id = idOf(at, i.shape)
	i.first.single, i.worst.single, i.last.single = nil, nil, nil
	at.entry.open++
	if at.record != nil {
		at.record.open(w.now)
	}
	w.incidents = append(w.incidents, i)
	w.stats.Incidents++
	return i
}

// lookAt is the look at a place that shows the same as one at another. If there
// is none, since its model finds nothing in what the other one did, it is made
// of what is usual there.
func (w *Watch) lookAt(e *entry, l *look) *look {
	if l.entry == e {
		return l
	}
	var best *look
	for i := range w.looks {
		x := &w.looks[i]
		if x.entry != e || x.change() != l.change() || (x.test == byDrift) != (l.test == byDrift) {
			continue
		}
		if best == nil || x.measure == l.measure && best.measure != l.measure {
			best = x
		}
	}
	if best != nil {
		best.chance = math.Min(best.chance, l.chance)
		return best
	}
	return l.elsewhere(e)
}

// elsewhere is what a look would have been at another place.
func (l *look) elsewhere(e *entry) *look {
	at := *l
	at.entry, at.record, at.lower, at.upper = e, nil, 0, 0
	pace := min(l.pace, hourly)
	f := &e.place.flows[pace][l.measure]
	at.expected, at.seen = float64(f.Usual), float64(f.Value)
	if l.weight > 0 {
		at.weight = float64(f.Weight)
	}
	if l.test == byModel {
		at.step = minute
		if pace == hourly {
			at.step = hour
		}
	}
	if t := e.place.tracks[pace][l.measure]; t != nil {
		at.record = &t.record
	}
	return &at
}

func idOf(l *look, shape finding.Shape) string {
	k := l.entry.key
	return finding.NewID("baseline", k.Dimension.String(), k.Name, k.API, l.measure.String(), string(shape), strconv.FormatInt(l.since, 10))
}

// take has an incident go on with a look.
func (i *incident) take(l *look, now int64) {
	if i.seen != now {
		i.here = 0
	}
	i.seen = now
	i.here++
	i.places = max(i.places, i.here)
	if l.entry != i.entry {
		return
	}
	if l.measure != i.first.measure {
		i.also |= 1 << l.measure
		return
	}
	i.best = math.Min(i.best, l.chance)
	if l.pace != i.first.pace {
		return
	}
	i.last = *l
	if l.size() > i.worst.size() {
		i.worst = *l
	}
	if l.test == bySilence {
		i.worst = *l
	}
}

// quiet is how long nothing is off before an incident is over.
func (i *incident) quiet() int64 {
	switch {
	case i.first.test == bySilence || i.first.test == byEarly && !i.change.High:
		return max(quietSilence, 2*i.first.pausing())
	case i.first.test == byDiary:
		return day
	case i.first.pace == daily:
		return quietDaily
	case i.first.pace == hourly:
		return quietHourly
	}
	return max(quietFast, 3*i.first.step)
}

// pausing is how long there is between two looks at a silence.
func (l *look) pausing() int64 {
	if l.pace == hourly {
		return hour
	}
	return 0
}

// momentary tells whether an incident is one event, and has no course.
func (i *incident) momentary() bool { return i.first.test == bySize || i.first.test == byFirst }

// absorb ends the incidents inside a place that itself moves the same way now,
// and of which they are a part.
func (w *Watch) absorb(l *look) {
	for _, i := range w.incidents {
		if i.change == l.change() && !i.momentary() && w.contains(l.entry, i.entry) {
			w.end(i)
		}
	}
	w.incidents = slices.DeleteFunc(w.incidents, func(i *incident) bool { return i.over != 0 })
}

// end ends an incident, and tells so if it was told of.
func (w *Watch) end(i *incident) {
	i.over = w.now
	i.entry.open--
	if i.told != 0 && !i.momentary() {
		w.tell(i, true)
	}
	if w.past = append(w.past, i); len(w.past) > w.options.MaxIncidents {
		w.past = slices.Delete(w.past, 0, 1)
	}
}

// settle goes through what is open at the end of a minute: what is told, and
// what is over.
func (w *Watch) settle() {
	for _, i := range w.incidents {
		switch {
		case w.now-i.seen >= i.quiet() || w.now-i.opened >= longest && i.first.pace == fast || i.momentary() && i.told != 0:
			w.end(i)
		case i.told == 0:
			if w.now-i.opened >= settles || i.first.pace != fast || i.first.test != byModel {
				w.tellFirst(i)
			}
		case w.worthTelling(i):
			w.tell(i, false)
		}
	}
	w.incidents = slices.DeleteFunc(w.incidents, func(i *incident) bool { return i.over != 0 })
	w.past = slices.DeleteFunc(w.past, func(i *incident) bool { return w.now-i.over > memoryOfPast })
}

// memoryOfPast is how long an incident is known after it is over: long enough
// for sums over days to get over it.
const memoryOfPast = 5 * day

// tellFirst tells of an incident if the purse allows; else it waits.
func (w *Watch) tellFirst(i *incident) {
	if !w.purse.pay(i.entry.key.Dimension <= series.API) {
		if !i.withheld {
			w.stats.Withheld++
		}
		i.withheld = true
		return
	}
	w.tell(i, false)
}

// worthTelling tells whether an incident that was told has become another one
// to whoever reads it.
func (w *Watch) worthTelling(i *incident) bool {
	if i.tellings >= mostTellings || w.now-i.told < tellLeast || i.seen != w.now {
		return false
	}
	every := int64(tellEvery)
	if i.first.pace != fast || w.now-i.opened > tellOften {
		every = tellEverySlow
	}
	if w.now-i.told >= every || i.worst.size() >= doubles*i.toldSize {
		return true
	}
	lead := leadOf(i.parts)
	return lead != "" && lead != i.leading && i.tellings < mostLeads
}

// leadOf names what carries most of a change, if anything does.
func leadOf(parts []finding.Part) string {
	if len(parts) == 0 || parts[0].Share < carriesMost {
		return ""
	}
	return parts[0].Kind + ":" + parts[0].Value
}
