package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bury copies the message with this sequence to the dead letters, for a
// consumer that found out too late that it cannot be used. It goes on trying
// until the copy is durable or ctx ends.
func (l *Lines) Bury(ctx context.Context, seq uint64, reason string) error {
	return l.consumer.exhume(ctx, seq, reason)
}

// Bury is as for Lines.
func (r *Records) Bury(ctx context.Context, seq uint64, reason string) error {
	return r.consumer.exhume(ctx, seq, reason)
}

// exhume fetches a message that has gone by, to bury it.
func (c *consumer) exhume(ctx context.Context, seq uint64, reason string) error {
	s, err := c.bus.js.Stream(ctx, c.stream)
	if err != nil {
		return fmt.Errorf("put message %d of %s aside: %w", seq, c.stream, publishError(err))
	}
	m, err := s.GetMsg(ctx, seq)
	if err != nil {
		return fmt.Errorf("put message %d of %s aside: %w", seq, c.stream, publishError(err))
	}
	return c.bury(ctx, m.Subject, m.Data, seq, errors.New(reason))
}

// bury copies a message to the dead letters and goes on trying until it is
// there: the message is skipped afterwards.
func (c *consumer) bury(ctx context.Context, subject string, data []byte, seq uint64, reason error) error {
	why := "failed"
	if errors.Is(reason, errUseless) {
		why = "useless"
	}
	letter := nats.NewMsg("dead." + why)
	letter.Data = data
	letter.Header.Set("Honeymoat-Subject", subject)
	letter.Header.Set("Honeymoat-Sequence", strconv.FormatUint(seq, 10))
	letter.Header.Set("Honeymoat-Consumer", token(c.name))
	letter.Header.Set("Honeymoat-Reason", strconv.QuoteToASCII(reason.Error()))
	id := fmt.Sprintf("%s:%s:%d", c.stream, c.name, seq)
	for {
		_, err := c.bus.js.PublishMsg(ctx, letter, jetstream.WithMsgID(id))
		if err == nil {
			break
		}
		c.bus.log.Error("a dead letter cannot be put aside yet", "stream", c.stream, "sequence", seq, "error", err)
		if !sleep(ctx, time.Second) {
			return ctx.Err()
		}
	}
	c.bus.metrics.dead.WithLabelValues(c.stream).Inc()
	c.bus.log.Error("a message was put aside", "stream", c.stream, "consumer", c.name, "sequence", seq, "subject", subject, "reason", reason)
	c.bus.opts.OnDead(c.stream, reason.Error())
	return nil
}
