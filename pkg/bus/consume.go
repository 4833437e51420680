package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// errUseless marks a message that stays useless however often it is tried.
var errUseless = errors.New("message cannot be used")

// prefetch is how many messages may wait in memory for their consumer.
const prefetch = 32

// consumer reads a stream in order and puts aside what it fails on.
type consumer struct {
	bus    *Bus
	stream string
	name   string
}

// run hands the messages after a sequence to fn, one at a time and in order,
// until ctx ends. A message that fn fails on is tried again for as long as
// Options.Patience, then goes to the dead letters. A connection that is lost
// is waited for.
func (c *consumer) run(ctx context.Context, after uint64, fn func(m jetstream.Msg, seq uint64) error) error {
	if err := c.checkPosition(ctx, after); err != nil {
		return err
	}
	for ctx.Err() == nil {
		err := c.read(ctx, &after, fn)
		if ctx.Err() != nil {
			break
		}
		c.bus.log.Warn("reading a stream is taken up again", "stream", c.stream, "consumer", c.name, "after", after, "error", err)
		sleep(ctx, time.Second)
	}
	return nil
}

// read is one stretch of reading; after moves with it.
func (c *consumer) read(ctx context.Context, after *uint64, fn func(m jetstream.Msg, seq uint64) error) error {
	messages, err := c.bus.ordered(ctx, c.stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *after + 1,
	})
	if err != nil {
		return err
	}
	defer messages.Stop()
	position := c.bus.metrics.position.WithLabelValues(c.stream, c.name)
	for {
		m, meta, err := next(ctx, messages)
		if err != nil {
			return fmt.Errorf("consume %s: %w", c.stream, err)
		}
		seq := meta.Sequence.Stream
		if err := c.handle(ctx, m, seq, fn); err != nil {
			return err
		}
		*after = seq
		position.Set(float64(seq))
	}
}

// checkPosition refuses a position beyond the stream's end: there the
// consumer would wait in silence.
func (c *consumer) checkPosition(ctx context.Context, after uint64) error {
	s, err := c.bus.js.Stream(ctx, c.stream)
	if err != nil {
		return ended(ctx, fmt.Errorf("consume %s: %w", c.stream, publishError(err)))
	}
	if last := s.CachedInfo().State.LastSeq; after > last {
		return fmt.Errorf("consume %s: position %d is beyond the stream's end %d: the stream was lost or restored from a backup; reset the position of %s",
			c.stream, after, last, c.name)
	}
	return nil
}

func (c *consumer) handle(ctx context.Context, m jetstream.Msg, seq uint64, fn func(jetstream.Msg, uint64) error) error {
	started := time.Now()
	wait := 10 * time.Millisecond
	for {
		err := fn(m, seq)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errUseless) || time.Since(started) > c.bus.opts.Patience {
			return c.bury(ctx, m.Subject(), m.Data(), seq, err)
		}
		c.bus.log.Warn("a message is tried again", "stream", c.stream, "consumer", c.name, "sequence", seq, "error", err)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, time.Second)
	}
}

// ordered opens an ordered consumer. The caller stops it.
func (b *Bus) ordered(ctx context.Context, stream string, config jetstream.OrderedConsumerConfig) (jetstream.MessagesContext, error) {
	cons, err := b.js.OrderedConsumer(ctx, stream, config)
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", stream, publishError(err))
	}
	messages, err := cons.Messages(jetstream.PullMaxMessages(prefetch))
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", stream, publishError(err))
	}
	return messages, nil
}

// next waits for a message.
func next(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	m, err := messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	meta, err := m.Metadata()
	return m, meta, err
}

// ended tells apart the end of ctx, which is no error, from a failure.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
