package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a person may say of a version.
const (
	VerbHold     = "hold"     // stay in this stage; an alarm still rolls back
	VerbResume   = "resume"   // go on, with nothing measured in this stage yet
	VerbPromote  = "promote"  // to the next stage, whatever is still being measured
	VerbRollBack = "rollback" // to shadow, and stay there
	VerbPin      = "pin"      // stay in this stage whatever is measured
)

// Verbs lists the commands.
func Verbs() []string { return []string{VerbHold, VerbResume, VerbPromote, VerbRollBack, VerbPin} }

// Command does what a person says; Step gives the event. The error wraps
// ErrUnknown, ErrVerb or ErrRefused, and leaves everything as it was.
func (b *Book) Command(rule, version, verb, who, reason string, now time.Time) error {
	b.see(now)
	l := b.find(rule, version)
	if l == nil {
		return fmt.Errorf("%s %s, version %s: %w", verb, rule, version, ErrUnknown)
	}
	if !slices.Contains(Verbs(), verb) {
		return fmt.Errorf("%w: %q: want %s", ErrVerb, verb, strings.Join(Verbs(), ", "))
	}
	gates := b.gates(l, now)
	if why := forbids(l, verb, gates); why != "" {
		return fmt.Errorf("%s %s, version %s: %w: %s", verb, rule, version, ErrRefused, why)
	}
	switch verb {
	case VerbPromote:
		b.promote(l, who, reason, gates, now)
	case VerbRollBack:
		b.rollBack(l, who, reason, gates, now)
	case VerbHold:
		b.stay(l, Held, Event{What: EventHeld, Who: who, Why: reason, Gates: gates, At: now})
	case VerbPin:
		b.stay(l, Pinned, Event{What: EventPinned, Who: who, Why: reason, Gates: gates, At: now})
	case VerbResume:
		l.renew(&b.fleet, now)
		l.settle()
		b.happened(l, Event{What: EventResumed, From: l.Stage, At: now, Who: who, Why: reason, Gates: gates})
	}
	return nil
}

func (b *Book) stay(l *logic, s State, e Event) {
	l.stop(s, e.Who, e.Why)
	e.From = l.Stage
	b.happened(l, e)
}

// forbids tells why a command cannot be followed; empty when it can.
func forbids(l *logic, verb string, gates []Gate) string {
	switch {
	case l.Stage == Retired:
		return "a later version has taken its place"
	case verb == VerbPromote && l.Stage == Enforce:
		return "it is enforced already"
	case verb == VerbPromote && wrong(gates) != "":
		return wrong(gates) + `: "resume" begins to measure anew`
	case verb == VerbRollBack && l.Stage == Shadow && l.State == RolledBack:
		return "it is in shadow already"
	case verb == VerbResume && (l.State == Moving || l.State == Done):
		return "nothing holds it"
	}
	return ""
}
