package rollout

import (
	"fmt"
	"time"
)

// Step moves what is due, at most by one stage each, and gives what has
// happened since the last call, commands included.
func (b *Book) Step(now time.Time) []Event {
	b.see(now)
	for _, l := range b.all() {
		if l.Stage != Retired && l.State != Pinned {
			b.step(l, now)
		}
	}
	events := b.pending
	b.pending = nil
	return events
}

// settled is how long no gate must have been red until a version that gates
// hold goes on: what swings around a limit is told once.
const settled = 10 * time.Minute

func (b *Book) step(l *logic, now time.Time) {
	// Enforcement has no end: what happens in years is no share of anything.
	if l.Stage == Enforce && now.Sub(l.Counted) >= b.limits.Time[Canary25] {
		l.renew(&b.fleet, now)
	}
	gates := b.gates(l, now)
	bad := worst(gates)
	switch {
	case bad == Alarm && l.Stage > Shadow:
		b.rollBack(l, ByGates, wrong(gates), gates, now)
	case bad == Alarm || bad == Red:
		l.Clean = now
		if l.State == Moving || l.State == Done {
			l.stop(Held, ByGates, wrong(gates))
			b.happened(l, Event{What: EventHeld, From: l.Stage, At: now, Who: ByGates, Why: l.Why, Gates: gates})
		}
	case l.State == Held && l.Who == ByGates && now.Sub(l.Clean) >= settled:
		l.settle()
		b.happened(l, Event{What: EventResumed, From: l.Stage, At: now, Who: ByGates, Why: "no gate is red any more", Gates: gates})
	case bad == Green && l.State == Moving && b.newest(l):
		b.promote(l, ByGates, "all gates are green", gates, now)
	}
}

// newest tells whether no later version of the rule is on its way: an older
// one stays where it is beside it.
func (b *Book) newest(l *logic) bool {
	versions := b.rules[l.Rule]
	return versions[len(versions)-1] == l
}

func (b *Book) promote(l *logic, who, why string, gates []Gate, now time.Time) {
	from := l.Stage
	l.enter(from+1, &b.fleet, now)
	l.settle()
	b.happened(l, Event{What: EventPromoted, From: from, At: now, Who: who, Why: why, Gates: gates})
	if l.Stage == Enforce {
		b.retire(l, now)
	}
}

// retire ends the versions before one that is enforced.
func (b *Book) retire(by *logic, now time.Time) {
	for _, l := range b.rules[by.Rule] {
		if l == by {
			return
		}
		if l.Stage == Retired {
			continue
		}
		from := l.Stage
		l.enter(Retired, &b.fleet, now)
		l.settle()
		b.happened(l, Event{What: EventRetired, From: from, At: now, Who: ByGates, Why: fmt.Sprintf("version %s is enforced", by.Version)})
	}
}

func (b *Book) rollBack(l *logic, who, why string, gates []Gate, now time.Time) {
	from := l.Stage
	l.enter(Shadow, &b.fleet, now)
	l.stop(RolledBack, who, why)
	b.happened(l, Event{What: EventRolledBack, From: from, At: now, Who: who, Why: why, Gates: gates})
}
