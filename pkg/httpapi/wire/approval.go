package wire

import "time"

// MaxApprovalBlocks is how many blocks of an approval a list of them shows.
const MaxApprovalBlocks = 20

// Approval is a block that waits for a second person, or those of a batch; or a
// rule's block that would hit many, which waits for a person.
type Approval struct {
	ID        string    `json:"id,omitempty"`
	By        string    `json:"by"` // the name of who asked, and may not approve; "rule:" and a rule
	At        time.Time `json:"at"`
	ExpiresAt time.Time `json:"expires_at"`
	Reason    string    `json:"reason"`
	Guard     Ruling    `json:"guard"` // why a second person is wanted
	// Revision names what there is to decide on: a rule's block gets another when
	// it grows. Send it along with the approval.
	Revision string  `json:"revision,omitempty"`
	Batch    string  `json:"batch,omitempty"`
	Count    int     `json:"count"`  // of all blocks
	Blocks   []Block `json:"blocks"` // in a list, at most MaxApprovalBlocks

	// Of a rule's block: on whose evidence it stands, how loudly people are told
	// of that, and how many findings ask for it.
	ActorKind string `json:"actor_kind,omitempty"`
	Actor     string `json:"actor,omitempty"`
	Tier      string `json:"tier,omitempty"`
	Findings  int    `json:"findings,omitempty"`
}

// Approving is a person's yes to what waits.
type Approving struct {
	Reason string `json:"reason"`
	// Revision is that of the Approval which the person has looked at: if it has
	// grown since, it is not made. None = whatever it is by now.
	Revision string `json:"revision,omitempty"`
}

// Reason is the body of what needs nothing but a reason.
type Reason struct {
	Reason string `json:"reason"`
}

// Breaker is the state of automatic blocking. While it is held, findings and
// alerts go on, and what rules ask for is recorded in shadow.
type Breaker struct {
	Held   bool      `json:"held"`
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`
	Limit  int       `json:"limit"` // blocks a minute at which it trips; negative = never
	Asked  int       `json:"asked"` // by rules, in the last minute
}

// Complaint is somebody's word that a block hit the wrong one. Either id says
// which.
type Complaint struct {
	BlockID   string `json:"block_id,omitempty"`
	RequestID string `json:"request_id,omitempty"` // of the request that was refused
	Text      string `json:"text"`
}

// Complained tells what a complaint counts against.
type Complained struct {
	Block Block `json:"block"`
	// Rollout is whether it counts in the rollout of the block's rule: a block
	// that a person made has none.
	Rollout bool `json:"rollout"`
}
