package block

// Edit is one change to the blocklist as the service keeps it, with the whole
// blocks: for whoever passes blocks on to others than agents. The blocks may
// not be changed.
type Edit struct {
	// Cursor is where the edit stands in the order of all edits, of all
	// segments. A reader that has taken it asks for what comes after Cursor.
	Cursor uint64
	// Block is what stands on the target from now on; nil when it is free.
	Block *Block
	// Old is what stood there before; nil when nothing did. A block that takes
	// the place of another has an id of its own, unless it is the same block
	// with other terms.
	Old *Block
}

// Acknowledgement is what is known of an agent about a revision.
type Acknowledgement struct {
	Agent string `json:"agent"`
	// Enforced tells whether the agent has said that it enforces the revision,
	// by all its ways.
	Enforced bool `json:"enforced"`
	// Via is the way that was, or still is, the last of several: a gateway that
	// holds blocks itself, or the agent. Empty: the agent has no others.
	Via string `json:"via,omitempty"`
	// Millis is how long that took, from the put on; as long as was waited for
	// an agent that has not said so.
	Millis float64 `json:"ms"`
}
