package wire

import "time"

// PrincipalRequest asks for a principal by its value in the clear. It is a
// body, not a query, so that no log of requests has it.
type PrincipalRequest struct {
	Value  string `json:"value"`  // user, application, key, token or session
	Reason string `json:"reason"` // why; for the audit
}

// Principal is how a principal is found in the store.
type Principal struct {
	Hashes []string `json:"hashes"` // that stand for it, one a key, the newest first
	PrincipalEvents
}

// PrincipalEvents are the events of a principal.
type PrincipalEvents struct {
	Events    uint64     `json:"events"`
	FirstSeen *time.Time `json:"first_seen,omitempty"`
	LastSeen  *time.Time `json:"last_seen,omitempty"`
	Addresses []string   `json:"addresses"` // it came from, at most 100
}

// ErasureRequest asks for a data subject to be erased: an address, or a
// principal by its value in the clear.
type ErasureRequest struct {
	Address   string `json:"address,omitempty"`
	Principal string `json:"principal,omitempty"`
	// Mentions: a principal's name is also taken out of what others left.
	Mentions bool   `json:"mentions,omitempty"`
	DryRun   bool   `json:"dry_run,omitempty"` // search only
	Reason   string `json:"reason"`            // why; for the audit
}
