package block

import "time"

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

// RetryRequest asks for quarantined records to be read again: those that the
// service itself has, those of one agent, or all.
type RetryRequest struct {
	Source string `json:"source,omitempty"` // none = every source
	Reason string `json:"reason,omitempty"` // none = whatever the reason
	Agent  string `json:"agent,omitempty"`
	All    bool   `json:"all,omitempty"` // the service itself and every agent
}

// Retry is what was asked for, and what has become of it.
type Retry struct {
	Number uint64      `json:"number"`
	Source string      `json:"source,omitempty"`
	Reason string      `json:"reason,omitempty"`
	At     time.Time   `json:"at"`
	By     string      `json:"by"`
	Done   bool        `json:"done"` // on every host
	Hosts  []HostRetry `json:"hosts"`
}

// ServiceHost is the name of the service itself among the hosts of a retry.
const ServiceHost = "local"

// HostRetry is what has become of a retry on one host.
type HostRetry struct {
	Host string `json:"host"` // an agent, or ServiceHost
	// Started is false while nothing is known: the agent may be away.
	Started bool           `json:"started"`
	Done    bool           `json:"done"`
	Tried   int            `json:"tried"`  // records
	Parsed  int            `json:"parsed"` // that are settled
	Failed  int            `json:"failed"` // that stay in quarantine
	Reasons map[string]int `json:"reasons"`
}

// HostRetryOf completes what a host has told.
func HostRetryOf(host string, r RetryResult) HostRetry {
	h := HostRetry{
		Host: host, Started: r.Number > 0, Done: r.Done, Tried: r.Tried, Parsed: r.Parsed, Failed: r.Failed, Reasons: r.Reasons,
	}
	if h.Reasons == nil {
		h.Reasons = map[string]int{}
	}
	return h
}
