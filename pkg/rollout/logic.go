package rollout

import (
	"slices"
	"time"
)

// Logic is one version of what asks for blocks, and where it stands.
type Logic struct {
	Rule      string    `json:"rule"`
	Version   string    `json:"version"`
	Stage     Stage     `json:"stage"`
	Placement Placement `json:"placement"`
	State     State     `json:"state"`
	Why       string    `json:"why,omitempty"` // it is held, pinned or was rolled back
	Who       string    `json:"who,omitempty"` // held it: a person, or ByGates
	Began     time.Time `json:"began"`         // when it was seen first
	Since     time.Time `json:"since"`         // in this stage
	// Clean is since when no gate has been red; the stage's time counts from it.
	Clean    time.Time `json:"clean"`
	Measured Measure   `json:"measured"` // in this stage; enforced, since it was renewed
	Actors   int       `json:"actors"`   // different ones, likewise
	Gates    []Gate    `json:"gates"`
	History  []Event   `json:"history"` // the oldest first
}

// State is whether a version moves.
type State string

// The states.
const (
	Moving     State = "moving"      // goes on when its gates are green
	Held       State = "held"        // stays in its stage
	Pinned     State = "pinned"      // stays in its stage whatever is measured: a person said so
	RolledBack State = "rolled back" // is back in shadow until a person lets it go on
	Done       State = "done"        // enforced, or retired
)

// ByGates is who holds and rolls back when it is no person.
const ByGates = "gates"

// What happens to a version.
const (
	EventBegan      = "began"
	EventPromoted   = "promoted"
	EventHeld       = "held"
	EventResumed    = "resumed"
	EventPinned     = "pinned"
	EventRolledBack = "rolled back"
	EventRetired    = "retired"
)

// Event is something that happened to a version.
type Event struct {
	Rule    string    `json:"rule"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	What    string    `json:"what"` // one of the Event constants
	From    Stage     `json:"from"`
	To      Stage     `json:"to"`
	Who     string    `json:"who"`
	Why     string    `json:"why,omitempty"`
	Gates   []Gate    `json:"gates,omitempty"` // as they were
}

// Moved tells whether blocks of the version get another Placement.
func (e *Event) Moved() bool { return e.From != e.To }

// Bounds on what is remembered of a version.
const (
	maxHistory = 40
	maxReason  = 500 // bytes
)

// logic is a Logic as the book keeps it.
type logic struct {
	Rule    string           `json:"rule"`
	Version string           `json:"version"`
	Stage   Stage            `json:"stage"`
	State   State            `json:"state"`
	Why     string           `json:"why,omitempty"`
	Who     string           `json:"who,omitempty"`
	Began   time.Time        `json:"began"`
	Since   time.Time        `json:"since"`
	Clean   time.Time        `json:"clean"`
	Seen    time.Time        `json:"seen"`    // asked for or measured last
	Counted time.Time        `json:"counted"` // since when there is the tally
	Tally   tally            `json:"tally"`   // of this stage
	Before  map[string]state `json:"before"`  // gateways at the promotion to this stage
	Total   uint64           `json:"total"`   // requests at all gateways by then
	History []Event          `json:"history"`
}

// enter begins a stage, with nothing measured.
func (l *logic) enter(s Stage, f *fleet, now time.Time) {
	l.Stage, l.Since, l.Before = s, now, nil
	if s > Shadow && s < Retired {
		l.Before = f.before(now)
	}
	l.renew(f, now)
}

// renew forgets what was measured in this stage.
func (l *logic) renew(f *fleet, now time.Time) {
	l.Clean, l.Counted, l.Tally, l.Total = now, now, tally{}, f.Requests
}

// settle leaves the version in its stage, free to move.
func (l *logic) settle() {
	l.Who, l.Why = "", ""
	if l.State = Moving; l.Stage >= Enforce {
		l.State = Done
	}
}

// stop leaves the version in its stage until somebody says otherwise.
func (l *logic) stop(s State, who, why string) { l.State, l.Who, l.Why = s, who, why }

// tell adds an event to the history, which keeps how the version began.
func (l *logic) tell(e Event) {
	l.History = append(l.History, e)
	if len(l.History) > maxHistory {
		l.History = slices.Delete(l.History, 1, 2)
	}
}

// view is the logic for others.
func (l *logic) view(gates []Gate) Logic {
	return Logic{
		Rule: l.Rule, Version: l.Version, Stage: l.Stage, Placement: l.Stage.Placement(), State: l.State,
		Why: l.Why, Who: l.Who, Began: l.Began, Since: l.Since, Clean: l.Clean,
		Measured: l.Tally.Measure, Actors: l.Tally.Reached.count(), Gates: gates, History: slices.Clone(l.History),
	}
}
