package respond

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Errors that implementations of the interfaces below wrap.
var (
	// ErrExists: the segment has a block on this target already.
	ErrExists = errors.New("target is blocked already")
	// ErrNotFound: there is nothing under this key.
	ErrNotFound = errors.New("not found")
)

// Blocks is the blocklist on the bus.
type Blocks interface {
	// Put stores b unless its segment has a block on its target: then it
	// gives that block and an error that wraps ErrExists. The stored block
	// carries its revision. When Put returns, the block is durable and on its
	// way to the agents.
	Put(ctx context.Context, b block.Block) (block.Block, error)
	// PutAll is Put for many blocks, made durable together: there is an outcome
	// for each, in the same order.
	PutAll(ctx context.Context, blocks []block.Block) []PutOutcome
	// Replace stores b in place of old, which must still be the current
	// block (by revision), else the error wraps ErrExists.
	Replace(ctx context.Context, old, b block.Block) (block.Block, error)
	// ReplaceAll is Replace for many blocks, as PutAll is Put.
	ReplaceAll(ctx context.Context, list []Replacement) []PutOutcome
	// Remove frees a block's target if it is still held by the block of this
	// id; it wraps ErrNotFound otherwise.
	Remove(ctx context.Context, b block.Block) error
	// RemoveAll is Remove for many blocks, made durable together: there is an
	// error, or nil, for each, in the same order.
	RemoveAll(ctx context.Context, blocks []block.Block) []error
	// Get gives the live block of a segment on exactly this target.
	Get(segment string, t block.Target) (block.Block, bool)
	// List gives all live blocks, ordered by key. It reads memory, not the bus.
	List() []block.Block
}

// PutOutcome is what became of one block of PutAll.
type PutOutcome struct {
	Block block.Block // as stored, or the one that holds the target already
	Err   error       // as Put gives it
}

// Replacement is a block and what comes in its place.
type Replacement struct{ Old, New block.Block }

// Day is what was seen of somebody in the last day, as far as it is known.
type Day struct {
	Requests   uint64 `json:"requests"`
	Successful uint64 `json:"successful"` // answered 2xx or 3xx
	Principals int    `json:"principals"` // that were successful
}

// Traffic counts who sent what in the last day. Implementations are safe for
// concurrent use and do not wait.
type Traffic interface {
	// Of gives the traffic that a target matches, or what is known to hold all
	// of it; false when traffic of this scope is not counted.
	Of(t block.Target, now time.Time) (Day, bool)
}

// Preview asks the store what a target would have matched.
type Preview interface {
	// Preview looks at the time from since to until. criteria are the target's
	// with secrets as a person wrote them, where one did. It fails when the
	// store cannot answer before ctx ends.
	Preview(ctx context.Context, criteria []block.Criterion, since, until time.Time) (Day, error)
}

// Table names a table of the store for which respond makes rows.
type Table string

// The tables that respond writes.
const (
	Findings  Table = "findings"  // one row a sighting; rows of one id are one finding
	Actors    Table = "actors"    // the state of an actor after a change
	BlockLog  Table = "block_log" // append-only: who, why, on what evidence, ended how
	AuditLog  Table = "audit"     // what people did
	AgentsLog Table = "agents"    // reports of agents: revision, propagation
)

// Recorder keeps rows for the store. A row is a JSON object whose keys are
// the table's columns. Recorded rows reach the store at least once, whether it
// is up now or not; rows with the same id replace each other there.
type Recorder interface {
	// Record returns when the rows are durable on the bus. id makes a repeated
	// call with the same rows harmless.
	Record(ctx context.Context, t Table, id string, rows ...any) error
}

// Checkpoints keeps named snapshots of state on the bus.
type Checkpoints interface {
	// Save stores data under name, in place of what was there, durably.
	Save(ctx context.Context, name string, data []byte) error
	// Load gives what was saved last, or an error that wraps ErrNotFound.
	Load(ctx context.Context, name string) ([]byte, error)
}

// Withdrawer takes back what an agent refuses on its own.
type Withdrawer interface {
	// Withdraw tells an agent to drop its provisional refusal of this id. It
	// may be lost: the refusal ends by itself within a minute.
	Withdraw(ctx context.Context, agent string, id block.ID) error
}

// Confirmer checks the findings that agents claim to have made.
type Confirmer interface {
	// Confirm gives the finding as our own rules make it of what the agent
	// saw. It fails when they make none of it.
	Confirm(claim finding.Finding) (finding.Finding, error)
}

// Memory is the detector's state, kept together with ours.
type Memory interface {
	// Freeze takes the state as it is now. What it gives writes it, once, while
	// the detector may go on.
	Freeze() (write func(io.Writer) error, err error)
	Restore(data []byte) error
}
