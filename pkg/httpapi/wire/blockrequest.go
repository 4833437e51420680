package wire

import (
	"cmp"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// BlockSpec is what a block is to be. What is left out has the default that
// stands beside it or, in an item of a BulkRequest, what the request says.
type BlockSpec struct {
	Segment string        `json:"segment,omitempty"` // none = all
	Action  *block.Action `json:"action,omitempty"`  // none = deny; allow makes an exemption
	Terms   *block.Terms  `json:"terms,omitempty"`   // of the action
	Mode    *block.Mode   `json:"mode,omitempty"`    // none = enforce
	Percent uint8         `json:"percent,omitempty"` // of the clients, in mode canary
	// LifetimeSeconds has no default. It runs from the decision, or from the
	// approval.
	LifetimeSeconds int64  `json:"lifetime_seconds,omitempty"`
	Reason          string `json:"reason,omitempty"` // no default
}

// Or fills what is left out from defaults. Action and terms belong together,
// and so do mode and percent.
func (s BlockSpec) Or(defaults BlockSpec) BlockSpec {
	if s.Action == nil && s.Terms == nil {
		s.Terms = defaults.Terms
	}
	if s.Mode == nil && s.Percent == 0 {
		s.Percent = defaults.Percent
	}
	s.Action, s.Mode = cmp.Or(s.Action, defaults.Action), cmp.Or(s.Mode, defaults.Mode)
	s.Segment = cmp.Or(s.Segment, defaults.Segment)
	s.LifetimeSeconds = cmp.Or(s.LifetimeSeconds, defaults.LifetimeSeconds)
	s.Reason = cmp.Or(s.Reason, defaults.Reason)
	return s
}

// BlockRequest asks for a block or, with the action allow, for an exemption.
type BlockRequest struct {
	Target Criteria `json:"target"`
	BlockSpec
	// DryRun asks for the guard's verdict and changes nothing.
	DryRun bool `json:"dry_run,omitempty"`
}

// BlockResult answers a BlockRequest.
type BlockResult struct {
	// Block is what was made, or would be.
	Block Block `json:"block"`
	// Created is false when the block was there already, waits for approval, or
	// in a dry run.
	Created bool   `json:"created"`
	DryRun  bool   `json:"dry_run"`
	Guard   Ruling `json:"guard"`
	// Approval is what a second person has to approve before the block holds;
	// in a dry run it has no id, unless the same waits already.
	Approval *Approval `json:"approval,omitempty"`
	// AlreadyWaiting tells that the approval is an earlier one: the same was asked
	// for before, by whom it says, and waits.
	AlreadyWaiting bool `json:"already_waiting,omitempty"`
	// Propagation tells who enforces it, if that was waited for.
	Propagation *Propagation `json:"propagation,omitempty"`
}

// Ruling is the guard's word on a block. A block that it refuses is a Problem.
type Ruling struct {
	Word string `json:"word"` // "allowed", "needs approval" or "narrowed"
	// Rule is which of the guard's rules it was, Reason and Hint are for people;
	// none when it is allowed as it was asked for.
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
	Hint   string `json:"hint,omitempty"`
	// LastDay is what the target has sent in the last day; none when that is not
	// known, or does not matter.
	LastDay *LastDay `json:"last_day,omitempty"`
	// Warnings are what who asks may not have meant: a segment that nobody gets,
	// somebody exempt in what is blocked. For people.
	Warnings []string `json:"warnings,omitempty"`
}

// LastDay is what somebody has sent in the last day.
type LastDay struct {
	Requests   uint64 `json:"requests"`
	Successful uint64 `json:"successful"` // answered with 2xx or 3xx
	Principals int    `json:"principals"` // distinct ones that were successful
}

// Propagation tells which agents enforce a change.
type Propagation struct {
	// Enforced tells whether every connected agent of the segment does.
	Enforced bool                    `json:"enforced"`
	Agents   []block.Acknowledgement `json:"agents"` // ordered by name
}

// MaxBulk is how many items a BulkRequest may have.
const MaxBulk = 10_000

// BulkRequest asks for many blocks at once. They are one batch, which can be
// undone by one call.
type BulkRequest struct {
	BlockSpec            // for what items do not say themselves
	DryRun    bool       `json:"dry_run,omitempty"`
	Items     []BulkItem `json:"items"`
}

// BulkItem is one block of a BulkRequest.
type BulkItem struct {
	Target Criteria `json:"target"`
	BlockSpec
}

// BulkResult answers a BulkRequest.
type BulkResult struct {
	Batch  string         `json:"batch"`
	DryRun bool           `json:"dry_run"`
	Counts map[string]int `json:"counts"` // items by outcome
	Items  []BulkOutcome  `json:"items"`  // in the order of the request
	// Approval is what a second person has to approve before those that are
	// pending hold; in a dry run it has no id, unless the same waits already.
	Approval *Approval `json:"approval,omitempty"`
	// AlreadyWaiting tells that the approval is an earlier one: the same was asked
	// for before, by whom it says, and waits as the approval's batch.
	AlreadyWaiting bool `json:"already_waiting,omitempty"`
	// Propagation tells who enforces them, if that was waited for.
	Propagation *Propagation `json:"propagation,omitempty"`
}

// The outcomes of an item.
const (
	OutcomeMade    = "made"    // or would be, in a dry run
	OutcomeExists  = "exists"  // the target is blocked already
	OutcomePending = "pending" // a second person has to approve
	OutcomeRefused = "refused" // by the guard
	OutcomeInvalid = "invalid" // not well put
)

// BulkOutcome is what has become of an item.
type BulkOutcome struct {
	Outcome string        `json:"outcome"`
	Target  *block.Target `json:"target,omitempty"`   // none when the item is invalid
	BlockID *block.ID     `json:"block_id,omitempty"` // of the block, or of the one that was there
	Rule    string        `json:"rule,omitempty"`     // of the guard
	Detail  string        `json:"detail,omitempty"`   // why it is refused, pending or invalid
	Hint    string        `json:"hint,omitempty"`
	// Warnings are those of a Ruling.
	Warnings []string `json:"warnings,omitempty"`
}

// UndoResult tells what an undo has ended.
type UndoResult struct {
	Batch   string `json:"batch"`
	Removed int    `json:"removed"` // blocks
}
