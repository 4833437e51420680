package watch

import (
	"math"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// keepsOpen is the chance below which a look has an incident go on that it
// would not open.
const keepsOpen = 0.01

// belongs finds the incident that a look is part of, and has it go on. rare:
// the look would open one itself, and may wake one that was over. off: the look
// counts by the false discovery rate; if not, only what is looked at itself
// goes on with it.
func (w *Watch) belongs(l *look, rare, off bool) bool {
	for _, i := range w.incidents {
		if i.over == 0 && (l.claimed <= keepsOpen && i.same(l) || (rare || off) && w.part(i, l)) {
			w.goOn(i, l)
			return true
		}
	}
	if !rare {
		return false
	}
	if w.returns(w.incidents, l) || w.returns(w.past, l) {
		return true
	}
	if l.test == byDrift && w.knownSince(l) {
		return true
	}
	for n, i := range w.past {
		if l.began(w.now) <= i.seen && !i.momentary() && l.test != byDrift && (i.same(l) || w.part(i, l)) {
			return true // a longer look at what is over
		}
		if w.now-i.over <= comesBack && i.same(l) && !i.momentary() && len(w.incidents) < w.options.MaxIncidents {
			w.past = slices.Delete(w.past, n, n+1)
			i.over = 0
			i.entry.open++
			w.incidents = append(w.incidents, i)
			w.goOn(i, l)
			return true
		}
	}
	return false
}

func (w *Watch) goOn(i *incident, l *look) {
	i.take(l, w.now)
	if l.entry != i.entry || l.measure != i.first.measure || l.pace != i.first.pace {
		return
	}
	if parts := w.explain(i.entry, l); len(parts) > 0 {
		i.parts = parts
		if actors := w.blame(i.entry, l.measure, parts); len(actors) > 0 {
			i.actors = actors
		}
	}
}

const (
	returnMost  = 1.5 // times what was normal
	returnLeast = 0.6
	returnLooks = 3
)

// returns tells whether a look saw that what an incident was about has become
// normal again, after a model had got used to it.
func (w *Watch) returns(list []*incident, l *look) bool {
	for _, i := range list {
		lately := i.over == 0 || w.now-i.over <= max(comesBack, returnLooks*l.step)
		if !lately || i.momentary() || i.change.Sort != sortOf(l.measure) || i.change.High == l.high {
			continue
		}
		if i.entry == l.entry && i.normal(l) || i.entry.place != nil && l.entry.place != nil &&
			(w.contains(i.entry, l.entry) || w.contains(l.entry, i.entry) || across(i.entry, l.entry)) {
			return true
		}
	}
	return false
}

// normal tells whether what a look saw is about what was expected when an
// incident began.
func (i *incident) normal(l *look) bool {
	if l.measure != i.first.measure {
		return true
	}
	then, now := i.first.expected, l.seen
	if l.measure.Kind() == baseline.Count {
		then /= float64(max(i.first.step, minute))
		now /= float64(max(l.step, minute))
	}
	return now <= returnMost*then && now >= returnLeast*then
}

const (
	lingerLong  = 24 * hour // shares and means
	lingerShort = 2 * hour  // counts, which have a course
	lingerPart  = 0.5       // of how far it was from what was expected
)

// linger has an incident go on while what it is about has not come back, even
// if the model has got used to it: for as long as what was expected when it
// began is still worth something. What is there to stay is another level then.
func (w *Watch) linger(l *look) {
	for _, i := range w.incidents {
		f := &i.first
		if i.entry != l.entry || f.measure != l.measure || f.pace != l.pace || f.test != byModel {
			continue
		}
		long := int64(lingerLong)
		if l.measure.Kind() == baseline.Count {
			long = lingerShort
		}
		then, now := f.seen-f.expected, l.seen-f.expected
		if w.now-i.opened < long && now*then > 0 && math.Abs(now) >= lingerPart*math.Abs(then) {
			i.take(l, w.now)
		}
	}
}

// same tells whether a look is at what an incident is about.
func (i *incident) same(l *look) bool {
	if l.entry != i.entry || i.slower(l) {
		return false
	}
	if i.momentary() || l.test == bySize || l.test == byFirst {
		return i.first.test == l.test && i.first.measure == l.measure
	}
	return l.change() == i.change || l.change().follows(i.change) || l.entry.person != nil && l.high == i.change.High
}

// slower tells whether an incident goes over days, and a look over minutes saw
// much more than that: what breaks down meanwhile is another story.
func (i *incident) slower(l *look) bool {
	const much = 5
	return i.first.pace == daily && l.pace != daily &&
		(l.measure != i.first.measure || math.Abs(l.seen-l.expected) > much*math.Abs(i.worst.seen-i.worst.expected))
}

// part tells whether a look at another place or person is part of an incident.
func (w *Watch) part(i *incident, l *look) bool {
	if i.slower(l) {
		return false
	}
	if l.entry == i.entry {
		return !i.momentary() && l.test != bySize && l.test != byDrift
	}
	c := l.change()
	if i.momentary() || l.test == bySize || c != i.change && !c.follows(i.change) {
		return false
	}
	switch {
	case l.entry.place == nil || !l.entry.steady():
		return c == i.change && w.carries(i, l)
	case i.entry.place == nil || !i.entry.steady():
		return c == i.change && w.carriedBy(l, i.entry)
	case w.contains(i.entry, l.entry):
		return true
	case w.contains(l.entry, i.entry):
		return c != i.change || w.mostly(i, l)
	case beside(i.entry) && !beside(l.entry):
		return true // what an API or route has is on a gateway, too
	}
	return beside(l.entry) && w.mostly(i, l)
}

// across tells whether what one place has may be on the other, too: that of an
// API or route is on a gateway, and that of a gateway in a log.
func across(a, b *entry) bool {
	return beside(a) != beside(b) || beside(a) && a.key.Dimension != b.key.Dimension
}

func beside(e *entry) bool {
	return e.key.Dimension == series.Gateway || e.key.Dimension == series.Source
}

// mostly tells whether what an incident is about carries most of what a look
// saw somewhere else: now, or when it was worst, since models get used to it.
func (w *Watch) mostly(i *incident, l *look) bool {
	all := math.Abs(w.excess(l.entry, l))
	mine := math.Abs(w.excess(i.entry, l))
	if l.measure == i.first.measure {
		mine = math.Max(mine, i.worst.perMinute())
	}
	return mine >= blamed*all
}

// carries tells whether somebody who is off himself carries a part of an
// incident of a place, or is the same one under another name.
func (w *Watch) carries(i *incident, l *look) bool {
	name := l.entry.key.Name
	for _, p := range i.parts {
		if p.Value == name && p.Share >= partLeast {
			return true
		}
	}
	if i.entry.place != nil && i.entry.steady() {
		return false
	}
	// A principal and the address that he comes from do the same.
	a, b := l.size(), i.worst.size()
	return l.measure == i.first.measure && min(a, b) >= carriesMost*max(a, b)
}

// carriedBy tells whether what a look saw at a place is what somebody does, of
// whom there is an incident.
func (w *Watch) carriedBy(l *look, who *entry) bool {
	for _, p := range w.explain(l.entry, l) {
		if p.Value == who.key.Name && p.Share >= blamed {
			return true
		}
	}
	return false
}

// knownSince tells whether what a sum over days adds up is an incident that was
// told: a level that was accepted is no drift.
func (w *Watch) knownSince(l *look) bool {
	known := func(i *incident) bool {
		return i.told != 0 && i.change == l.change() && i.opened >= l.since-day &&
			(i.entry == l.entry || w.contains(i.entry, l.entry) || w.contains(l.entry, i.entry))
	}
	return slices.ContainsFunc(w.incidents, known) || slices.ContainsFunc(w.past, known)
}

// shapeOf names what a look saw.
func (w *Watch) shapeOf(l *look) finding.Shape {
	switch l.test {
	case bySilence, byDiary:
		return finding.Silent
	case byDrift:
		return finding.Drift
	case bySize:
		return finding.Single
	case byFirst:
		return finding.First
	}
	switch sortOf(l.measure) {
	case broken:
		return finding.Broken
	case errs:
		if l.measure == series.ServerErrors && l.entry.place != nil && l.entry.place.neverFailed(l) {
			return finding.Broken
		}
	}
	if l.pace == hourly && (l.shape == finding.Drift || l.shape == finding.Shift) {
		return l.shape
	}
	return w.plain(l)
}

func (w *Watch) plain(l *look) finding.Shape {
	switch {
	case sortOf(l.measure) != volume && l.entry.key.Dimension != series.Whole:
		return finding.Glitch
	case l.high:
		return finding.Burst
	case l.measure == series.Requests && l.seen == 0:
		return finding.Silent
	}
	return finding.Drop
}

const (
	neverLeast = 2000 // requests that make "never" mean something
	neverShare = 1e-4
)

// neverFailed tells whether 5xx of a place are what it never had before.
func (p *place) neverFailed(l *look) bool {
	now := l.seen * l.weight
	before := max(0, p.Failed-now)
	return p.Answered-l.weight >= neverLeast && before <= neverShare*p.Answered
}
