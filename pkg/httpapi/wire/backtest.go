package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// BacktestRequest asks what a rule would have found: a loaded one by its key
// or title, or rules as text.
type BacktestRequest struct {
	Rule  string    `json:"rule,omitempty"`
	YAML  string    `json:"yaml,omitempty"` // one document or several; may refer to loaded rules
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"` // none = now
	// BlockSeconds: as if the rule asked for a block of so long; 0 = what it
	// asks for.
	BlockSeconds int64 `json:"block_seconds,omitempty"`
}

// BacktestMessage is a line of the answer: progress any number of times, then
// the result or the problem by which there is none.
type BacktestMessage struct {
	Progress *BacktestProgress `json:"progress,omitempty"`
	Result   *Backtest         `json:"result,omitempty"`
	Problem  *Problem          `json:"problem,omitempty"`
}

// BacktestProgress is how far a backtest is.
type BacktestProgress struct {
	Rows  int64 `json:"rows"`
	Total int64 `json:"total"`
}

// Backtest is what rules would have found in a period, and what acting on it
// would have cost.
type Backtest struct {
	Since         time.Time        `json:"since"`
	Until         time.Time        `json:"until"`
	Rules         []BacktestedRule `json:"rules"`
	Rows          int64            `json:"rows"` // events read
	Seconds       float64          `json:"seconds"`
	RowsPerSecond float64          `json:"rows_per_second"`
	Parts         int              `json:"parts"` // that were looked at side by side
	Matches       int64            `json:"matches"`
	Actors        int64            `json:"actors"`
	ActorsAtLeast bool             `json:"actors_at_least,omitempty"` // there are more than could be counted
	BucketSeconds int64            `json:"bucket_seconds"`
	Buckets       []BacktestBucket `json:"buckets"` // those with matches
	TopActors     []BacktestActor  `json:"top_actors"`
	Block         BacktestBlock    `json:"block"`
	Examples      []BacktestMatch  `json:"examples"`
	Warnings      []string         `json:"warnings"`
	MaskedRows    int64            `json:"masked_rows"` // that hold something masked
}

// BacktestedRule is a rule of a backtest.
type BacktestedRule struct {
	Key     string     `json:"key"`
	Version string     `json:"version"`
	Title   string     `json:"title"`
	Block   *RuleBlock `json:"block,omitempty"`
	Matches int64      `json:"matches"`
}

// BacktestBucket is how often rules matched from a time on.
type BacktestBucket struct {
	At      time.Time `json:"at"`
	Matches int64     `json:"matches"`
}

// BacktestActor is somebody who would have been found.
type BacktestActor struct {
	Actor   finding.Actor `json:"actor"`
	Matches int64         `json:"matches"`
	First   time.Time     `json:"first"`
	Last    time.Time     `json:"last"`
	// Requests of the actor since its first match, and how many of them
	// succeeded (status below 400). 0 for actors that are no addresses.
	Requests   int64 `json:"requests"`
	Successful int64 `json:"successful"`
}

// BacktestBlock is what blocks would have done.
type BacktestBlock struct {
	Asked bool `json:"asked"` // the rules ask for a block, or the request did
	// Shadow: as the rules are written their blocks would only be recorded.
	Shadow  bool  `json:"shadow,omitempty"`
	Actors  int64 `json:"actors"` // who would have been blocked
	Blocks  int64 `json:"blocks"`
	Refused int64 `json:"refused"` // by the guard
	// Requests that blocks would have refused, and those of them that succeeded.
	Requests   int64           `json:"requests"`
	Successful int64           `json:"successful"`
	Blocked    []BacktestedHit `json:"blocked"` // the costliest first
	Refusals   []string        `json:"refusals"`
}

// BacktestedHit is somebody who would have been blocked.
type BacktestedHit struct {
	Actor   finding.Actor `json:"actor"`
	Blocks  int64         `json:"blocks"`
	Seconds int64         `json:"seconds"` // of all blocks together
	First   time.Time     `json:"first"`   // when the first block began
	Until   time.Time     `json:"until"`   // when the last one ended
	File    string        `json:"file"`    // of the record on which the first one stood
	Line    int64         `json:"line"`
	Reason  string        `json:"reason"`
	// Requests that the blocks would have refused, and those of them that
	// succeeded.
	Requests   int64 `json:"requests"`
	Successful int64 `json:"successful"`
}

// BacktestMatch is a match that is worth looking at.
type BacktestMatch struct {
	Why    string        `json:"why"` // it is shown
	Rule   string        `json:"rule"`
	Actor  finding.Actor `json:"actor"`
	Time   time.Time     `json:"time"`
	Reason string        `json:"reason"` // what was seen
	Event  string        `json:"event,omitempty"`
	Method string        `json:"method,omitempty"`
	Host   string        `json:"host,omitempty"`
	Path   string        `json:"path,omitempty"`
	Status int64         `json:"status,omitempty"`

	UserAgent string `json:"user_agent,omitempty"`
}
