package block

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Action is what an agent does with a request that matches.
type Action uint8

// The actions, the strongest last but for Allow, which wins over all. An agent
// that does not know an action refuses.
const (
	Deny     Action = iota // answer with a status and a body
	Flag                   // let it pass, with a header to the backend
	Throttle               // let so many pass, and refuse the others with 429
	Divert                 // hand it to the decoy responder
	Drop                   // close the connection without an answer, where the gateway can
	Allow                  // an exemption: let it pass whatever else says
	actions                // count
)

var actionNames = [actions]string{"deny", "flag", "throttle", "divert", "drop", "allow"}

// strength orders the actions that several blocks ask for on one request.
var strength = [actions]uint8{Flag: 1, Throttle: 2, Divert: 3, Deny: 4, Drop: 5, Allow: 6}

// ActionNames lists the names of all actions.
func ActionNames() []string { return slices.Clone(actionNames[:]) }

// String is the action's name.
func (a Action) String() string {
	if a < actions {
		return actionNames[a]
	}
	return "action-" + strconv.Itoa(int(a))
}

// MarshalText implements encoding.TextMarshaler.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Action) UnmarshalText(text []byte) error {
	i := slices.Index(actionNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("action %q: want %s", text, strings.Join(actionNames[:], ", "))
	}
	*a = Action(i)
	return nil
}

// Stronger tells whether an action wins over another on one request.
func (a Action) Stronger(other Action) bool { return a.strength() > other.strength() }

func (a Action) strength() uint8 { return strength[a.known()] }

// known is the action, or Deny for one of a later version.
func (a Action) known() Action {
	if a < actions {
		return a
	}
	return Deny
}

// Refuses tells whether a request on which the action is carried out does not
// reach the application. A throttled one may.
func (a Action) Refuses() bool { return a != Flag && a != Allow && a != Throttle }

// Mode is whether a block is acted on. One that is not known enforces nothing.
type Mode uint8

// The modes.
const (
	Enforce Mode = iota // act
	Shadow              // record what would have happened
	Canary              // act on a share of the clients, record for the others
	modes               // count
)

var modeNames = [modes]string{"enforce", "shadow", "canary"}

// String is the mode's name.
func (m Mode) String() string {
	if m < modes {
		return modeNames[m]
	}
	return "mode-" + strconv.Itoa(int(m))
}

// MarshalText implements encoding.TextMarshaler.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mode) UnmarshalText(text []byte) error {
	i := slices.Index(modeNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("mode %q: want %s", text, strings.Join(modeNames[:], ", "))
	}
	*m = Mode(i)
	return nil
}
