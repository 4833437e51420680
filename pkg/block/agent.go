package block

import "time"

// Agent is an enforcing holder of the set, as the service knows it.
type Agent struct {
	Name       string             `json:"name"`
	Gateway    string             `json:"gateway"`
	Segments   []string           `json:"segments"` // besides All
	EnrolledAt time.Time          `json:"enrolled_at"`
	EnrolledBy string             `json:"enrolled_by"`
	Revoked    bool               `json:"revoked,omitempty"`
	LastSeen   time.Time          `json:"last_seen,omitzero"`
	Connected  bool               `json:"connected"`
	Software   string             `json:"software,omitempty"` // version of the agent's program
	Enforcing  map[string]Version `json:"enforcing,omitempty"`
	// Ways are the gateways beside the agent that hold blocks themselves, if it
	// has told of any. What it enforces is what the slowest of them does.
	Ways []WayState `json:"ways,omitempty"`
	// PropagationMillis is the last measured time from a block's decision to
	// this agent's report that it enforces it, by all its ways.
	PropagationMillis float64 `json:"propagation_ms,omitempty"`
}

// Report is what an agent tells after each change and once in a while.
type Report struct {
	Agent     string             `json:"agent"` // set by the receiver from the credential, never believed
	Software  string             `json:"software"`
	Enforcing map[string]Version `json:"enforcing"` // segment → what it decides by
	// Ways are what gateways hold themselves; none = all is decided by Enforcing.
	Ways    []Way  `json:"ways,omitempty"`
	Denied  uint64 `json:"denied"`  // requests refused since the agent's start
	Decided uint64 `json:"decided"` // requests decided since the agent's start
	// Refused is how many requests each block refused since the report before
	// that told of any. A report that is lost on its way takes them with it.
	Refused map[ID]uint64 `json:"refused,omitempty"`
}
