package ingest

import (
	"context"
	"errors"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Errors that a Publisher wraps.
var (
	// ErrFull: the bus has used up its disk budget. Nothing was stored; the
	// same call succeeds later. This is the back-pressure.
	ErrFull = errors.New("the bus is full")
	// ErrFenced: the file's last message is another one than the caller
	// thinks: an acknowledgement was lost, or somebody else publishes the same
	// file. Nothing was stored; Last tells where to go on.
	ErrFenced = errors.New("somebody else has published this file")
	// ErrTooLarge: the batch does not fit into one message. It has to be split.
	ErrTooLarge = errors.New("the batch is larger than a message may be")
)

// Mark is how far a file has been acknowledged by the bus.
type Mark struct {
	Sequence uint64         // of the file's last message; 0 = none
	End      event.Position // where that message ends
}

// Publisher appends batches to the bus. Implementations are safe for
// concurrent use, but one file has one publishing goroutine.
type Publisher interface {
	// Last gives the mark of a file or lane, the zero Mark when nothing of it is
	// on the bus. The bus keeps the last message of a file until the file's
	// publisher forgets it or a week has passed.
	Last(ctx context.Context, source, file string) (Mark, error)
	// Publish appends b, if the last message of its file (b.Source, b.Order())
	// is still the one with sequence after, and returns when it is durable
	// (synced to disk). Besides the errors above it may fail because the bus
	// is away; then it is unknown whether b was stored, and Last tells.
	Publish(ctx context.Context, b *event.Batch, after uint64) (sequence uint64, err error)
}
