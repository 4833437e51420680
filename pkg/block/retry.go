package block

// RetryOrder asks a host to read the records that it has in quarantine again.
// Numbers grow; a host carries out what is above the last one that it has
// done.
type RetryOrder struct {
	Number uint64 `json:"number"`
	Source string `json:"source,omitempty"` // empty = all
	Reason string `json:"reason,omitempty"` // why the records were quarantined; empty = whatever
}

// RetryResult tells what became of an order on one host, so far or at its end.
type RetryResult struct {
	Number uint64 `json:"number"`
	Done   bool   `json:"done"`
	Tried  int    `json:"tried"`  // records
	Parsed int    `json:"parsed"` // that are settled now: events, or no request after all
	Failed int    `json:"failed"` // that stay
	// Reasons counts those that failed by what is wrong with them now.
	Reasons map[string]int `json:"reasons,omitempty"`
}
