package store

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Source is a stream of messages on the bus.
type Source[M any] interface {
	// Consume calls fn for each message after a sequence, in order, one at a
	// time, until ctx ends or fn fails, and returns that error. Sequences only
	// grow, and may skip. A message and what it refers to is valid until fn
	// returns.
	Consume(ctx context.Context, after uint64, fn func(seq uint64, m M) error) error
}

// Lines is the stream of log lines.
type Lines = Source[*event.Batch]

// Record is a message of the stream of records.
type Record struct {
	Table string // table of the store
	ID    string // makes the message known again, for logs
	Rows  []byte // JSON objects, one a line; keys are the table's columns
}

// Records is the stream of records.
type Records = Source[Record]

// Checkpoints keeps the writer's progress on the bus.
type Checkpoints interface {
	// Save stores data under name, in place of what was there, durably.
	Save(ctx context.Context, name string, data []byte) error
	// Load gives what was saved last; found is false when nothing was.
	Load(ctx context.Context, name string) (data []byte, found bool, err error)
}

// DeadLetter takes a message that the store refuses for its content out of
// the way: it is kept elsewhere for people. It returns when that is durable;
// the writer repeats it until it succeeds.
type DeadLetter func(ctx context.Context, seq uint64, reason string) error
