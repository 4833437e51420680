package block

import "time"

// Way is a gateway's own copy of an agent's blocks, as the agent reports it.
type Way struct {
	Name  string            `json:"name"`  // such as nginx-maps
	Holds map[string]uint64 `json:"holds"` // segment → the revision that the gateway has taken
	// Unheld is how many blocks are in force that the gateway cannot hold, and
	// UnheldExemptions how many exemptions: whom these name it may refuse.
	Unheld           int `json:"unheld,omitempty"`
	UnheldExemptions int `json:"unheld_exemptions,omitempty"`
	// FailingMillis is for how long the gateway has not taken changes; 0 = it
	// does.
	FailingMillis int64  `json:"failing_ms,omitempty"`
	Why           string `json:"why,omitempty"` // it does not
	// BoundMillis is how long a change takes at most, by the configuration.
	BoundMillis int64 `json:"bound_ms,omitempty"`
}

// WayState is a Way as the service knows it.
type WayState struct {
	Way
	// LagMillis is for how long the way has lacked a block or a removal; 0 =
	// it lacks nothing.
	LagMillis    float64   `json:"lag_ms"`
	FailingSince time.Time `json:"failing_since,omitzero"`
}

// Late tells whether the way has been behind for longer than it may be, or has
// failed for as long.
func (w *WayState) Late() bool {
	return w.LagMillis > float64(w.BoundMillis) || w.FailingMillis > w.BoundMillis
}
