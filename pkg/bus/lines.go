package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Lines reads the stream of lines for one consumer.
type Lines struct{ consumer }

// Lines is the stream of lines, read by the consumer of this name (for
// metrics and dead letters).
func (b *Bus) Lines(name string) *Lines { return &Lines{consumer{b, linesStream, name}} }

// Consume hands the batches after a sequence to fn, one at a time and in
// order, until ctx ends, which is no error. The batch is valid until fn
// returns. Its shipper is set from the credential that published it, empty
// for the service itself. A batch that cannot be read, or on which fn goes on
// failing, becomes a dead letter.
func (l *Lines) Consume(ctx context.Context, after uint64, fn func(seq uint64, b *event.Batch) error) error {
	codec, err := event.NewCodec()
	if err != nil {
		return err
	}
	defer codec.Close()
	var b event.Batch
	return l.run(ctx, after, func(m jetstream.Msg, seq uint64) error {
		if err := decodeLines(codec, m, &b); err != nil {
			return fmt.Errorf("%w: %w", errUseless, err)
		}
		return fn(seq, &b)
	})
}

func decodeLines(codec *event.Codec, m jetstream.Msg, b *event.Batch) error {
	o, err := parseLinesSubject(m.Subject())
	if err != nil {
		return err
	}
	if err := codec.Decode(m.Data(), b); err != nil {
		return err
	}
	if b.Source != o.source || b.Order() != o.file {
		return fmt.Errorf("batch of source %q, file %q, lane %q on subject %s", b.Source, b.File, b.Lane, m.Subject())
	}
	b.Shipper = o.shipper
	if o.shipper == Local {
		b.Shipper = ""
	}
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	b.Received = near(b.Received, meta.Timestamp)
	return nil
}

// maxSkew is how far a shipper's clock may be from the bus'.
const maxSkew = 24 * time.Hour

// near holds a time of receipt, in Unix nanoseconds, to that of the message:
// what a shipper says about it decides where the store keeps the rows, and
// for how long.
func near(received int64, stored time.Time) int64 {
	return min(max(received, stored.Add(-maxSkew).UnixNano()), stored.Add(maxSkew).UnixNano())
}
