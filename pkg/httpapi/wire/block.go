package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Block is a live block, with what follows from it.
type Block struct {
	block.Block
	ExpiresAt time.Time `json:"expires_at"`
}

// BlockOf completes a block.
func BlockOf(b block.Block) Block { return Block{Block: b, ExpiresAt: b.ExpiresAt()} }

// BlockRequest asks for a block.
type BlockRequest struct {
	Target          string     `json:"target"`            // an address or a prefix
	Segment         string     `json:"segment,omitempty"` // none = all
	LifetimeSeconds int64      `json:"lifetime_seconds"`
	Reason          string     `json:"reason"`
	Mode            block.Mode `json:"mode,omitempty"`
	// DryRun asks for the guard's verdict and changes nothing.
	DryRun bool `json:"dry_run,omitempty"`
}

// BlockResult answers a BlockRequest.
type BlockResult struct {
	Block Block `json:"block"`
	// Created is false when the block was there already, or in a dry run.
	Created bool `json:"created"`
	DryRun  bool `json:"dry_run"`
}

// BlockLogEntry is one event in the life of a block.
type BlockLogEntry struct {
	At      time.Time `json:"at"`
	Event   string    `json:"event"` // added, refused, expired, removed, replaced, confirmed, withdrawn
	BlockID string    `json:"block_id"`
	Segment string    `json:"segment"`
	Target  string    `json:"target"`
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	Denied  int64     `json:"denied"` // requests refused by it until then
}

// BlockDetail is a block with its history, live or over.
type BlockDetail struct {
	Block  *Block          `json:"block,omitempty"` // none = it was over long ago, and only its log is left
	Live   bool            `json:"live"`
	Denied uint64          `json:"denied"` // requests that it refused
	Ended  *BlockEnd       `json:"ended,omitempty"`
	Log    []BlockLogEntry `json:"log"`
	// Incomplete tells what is missing because a part of the service cannot
	// answer now.
	Incomplete string `json:"incomplete,omitempty"`
}

// BlockEnd is how a block came to its end.
type BlockEnd struct {
	How    string    `json:"how"` // expired, removed, replaced
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Why tells what holds for a target, and on what evidence.
type Why struct {
	Target block.Target `json:"target"`
	// Protected tells why nobody could block it; empty when one could.
	Protected string            `json:"protected,omitempty"`
	Blocks    []WhyBlock        `json:"blocks"` // live ones, widest first
	Ended     []EndedBlock      `json:"ended"`  // of late, latest first
	Actor     *Actor            `json:"actor,omitempty"`
	Evidence  []finding.Finding `json:"evidence"`            // the latest, oldest first
	Audit     []AuditEntry      `json:"audit"`               // what people did about it, latest first
	Discarded []string          `json:"discarded,omitempty"` // ids of discards that hold for the actor
}

// WhyBlock is a live block that covers the target.
type WhyBlock struct {
	Block
	Denied uint64 `json:"denied"` // requests that it refused so far
}

// EndedBlock is a block that covered the target.
type EndedBlock struct {
	Block
	Denied uint64   `json:"denied"` // requests that it refused
	Ended  BlockEnd `json:"ended"`
}

// Preview tells what a block of a target would have hit.
type Preview struct {
	Target     block.Target   `json:"target"`
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
