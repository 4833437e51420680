package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Block is a live block, with what follows from it.
type Block struct {
	block.Block
	ExpiresAt time.Time `json:"expires_at"`
}

// BlockOf completes a block.
func BlockOf(b block.Block) Block { return Block{Block: b, ExpiresAt: b.ExpiresAt()} }

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
	Block  *Block `json:"block,omitempty"` // none = it was over long ago, and only its log is left
	Live   bool   `json:"live"`
	Denied uint64 `json:"denied"` // requests that it refused, as logs tell
	// ToldByGateways is how many agents say that it refused. Some of these stand
	// in logs too, so the two are not to be added.
	ToldByGateways uint64          `json:"told_by_gateways"`
	Ended          *BlockEnd       `json:"ended,omitempty"`
	Log            []BlockLogEntry `json:"log"`
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
