package wire

import "time"

// Bouncer is one of CrowdSec's bouncers that has asked for blocks.
type Bouncer struct {
	Name     string    `json:"name"`  // of its token
	Agent    string    `json:"agent"` // as it calls itself: type/version
	Address  string    `json:"address"`
	LastSeen time.Time `json:"last_seen"`
}
