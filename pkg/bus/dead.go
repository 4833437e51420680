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
// consumer that found out too late that it cannot be used. It returns when the
// copy is durable. A message that is on the bus no more is only told of.
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
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		c.told(seq, "", fmt.Errorf("it is on the bus no more: %s", reason))
		return nil
	}
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
	letter.Header.Set("Honeymoat-Reason", strconv.QuoteToASCII(inBrief(reason)))
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
	c.told(seq, subject, reason)
	return nil
}

// told counts a message that was put aside, and tells people.
func (c *consumer) told(seq uint64, subject string, reason error) {
	why := inBrief(reason)
	c.bus.metrics.dead.WithLabelValues(c.stream).Inc()
	c.bus.log.Error("a message was put aside", "stream", c.stream, "consumer", c.name, "sequence", seq, "subject", subject, "reason", why)
	c.bus.opts.OnDead(c.stream, why)
}

// inBrief is an error of bounded length: it may quote what an agent sent, and
// a letter that is larger than a message may be would be tried for ever.
func inBrief(err error) string {
	const most = 1 << 10
	text := err.Error()
	return text[:min(len(text), most)]
}
