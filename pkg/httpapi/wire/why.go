package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// TargetRequest asks about a target. It is a body where the target may hold a
// secret, so that no log of requests has it.
type TargetRequest struct {
	Target Criteria `json:"target"`
}

// Why tells what holds for a target, and on what evidence.
type Why struct {
	Target Criteria `json:"target"` // as it was asked for, without what is secret
	// Protected tells why nobody could block it; empty when one could.
	Protected string            `json:"protected,omitempty"`
	Blocks    []WhyBlock        `json:"blocks"` // live ones, exemptions among them, widest first
	Ended     []EndedBlock      `json:"ended"`  // of late, latest first
	Actor     *Actor            `json:"actor,omitempty"`
	Evidence  []finding.Finding `json:"evidence"`            // the latest, oldest first
	Audit     []AuditEntry      `json:"audit"`               // what people did about it, latest first
	Discarded []string          `json:"discarded,omitempty"` // ids of discards that hold for the actor
	// Unmade are blocks that rules asked for and that were never made, latest
	// first.
	Unmade []UnmadeBlock `json:"unmade,omitempty"`
}

// UnmadeBlock is a block that a rule asked for, and why there is none.
type UnmadeBlock struct {
	// Target is what would have been blocked; none when nobody could tell.
	Target   *block.Target `json:"target,omitempty"`
	Segment  string        `json:"segment"`
	Action   block.Action  `json:"action"`
	AskedBy  string        `json:"asked_by"` // "rule:" and a rule
	Finding  string        `json:"finding"`  // the latest that asked for it
	FoundAt  time.Time     `json:"found_at"`
	Since    time.Time     `json:"since"`          // when it was not made first
	At       time.Time     `json:"at"`             // and last
	Times    int           `json:"times"`          // findings that asked for it in vain
	Rule     string        `json:"rule,omitempty"` // of the guard; none = it was not for the guard to say
	Reason   string        `json:"reason"`
	Hint     string        `json:"hint,omitempty"`
	Approval string        `json:"approval,omitempty"` // as which it waits for a person
}

// WhyBlock is a live block that covers the target.
type WhyBlock struct {
	Block
	Denied uint64 `json:"denied"` // requests that it refused so far, as logs tell
	// ToldByGateways is that of a BlockDetail.
	ToldByGateways uint64 `json:"told_by_gateways"`
	// Stage is how far the rule that asked for it has come in its rollout.
	Stage string `json:"stage,omitempty"`
	// Partly tells that it is on some of what the target matches only.
	Partly bool `json:"partly,omitempty"`
}

// EndedBlock is a block that covered the target.
type EndedBlock struct {
	Block
	Denied uint64 `json:"denied"` // requests that it refused, as logs tell
	// ToldByGateways is that of a BlockDetail.
	ToldByGateways uint64   `json:"told_by_gateways"`
	Ended          BlockEnd `json:"ended"`
}

// Preview tells what a block of a target would have hit.
type Preview struct {
	Target     Criteria       `json:"target"` // as it was asked for, without what is secret
	Since      time.Time      `json:"since"`
	Until      time.Time      `json:"until"`
	Requests   int64          `json:"requests"`
	Successful int64          `json:"successful"` // answered with 2xx or 3xx
	Clients    int64          `json:"clients"`    // distinct addresses
	Principals int64          `json:"principals"` // distinct ones
	Routes     []PreviewRoute `json:"routes"`     // busiest first
}

// PreviewRoute is a route that a block would have hit.
type PreviewRoute struct {
	Host       string `json:"host"`
	Route      string `json:"route"`
	Requests   int64  `json:"requests"`
	Successful int64  `json:"successful"`
}
