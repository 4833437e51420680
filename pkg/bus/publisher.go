package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Publisher appends the batches of one shipper to the stream of lines. It
// implements ingest.Publisher.
type Publisher struct {
	bus      *Bus
	shipper  string
	encoders encoders
}

var _ ingest.Publisher = (*Publisher)(nil)

// Publisher publishes in the name of a shipper: Local, or an agent that ships
// by HTTP and has proved its name.
func (b *Bus) Publisher(shipper string) *Publisher { return &Publisher{bus: b, shipper: shipper} }

// Last implements ingest.Publisher.
func (p *Publisher) Last(ctx context.Context, source, file string) (ingest.Mark, error) {
	return p.bus.lastMark(ctx, linesOrigin{p.shipper, source, file})
}

// Publish implements ingest.Publisher.
func (p *Publisher) Publish(ctx context.Context, b *event.Batch, after uint64) (sequence uint64, err error) {
	err = p.encoders.with(b, func(data []byte) error {
		sequence, err = p.publish(ctx, &b.Header, data, after)
		return err
	})
	return sequence, err
}

// PublishEncoded is Publish for a batch that was encoded by the shipper. It
// reads the batch, to know whose it is; errors then wrap event.ErrCorrupt or
// event.ErrVersion.
func (p *Publisher) PublishEncoded(ctx context.Context, data []byte, after uint64) (sequence uint64, err error) {
	if len(data) > MaxBatch {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", ingest.ErrTooLarge, len(data), MaxBatch)
	}
	codec, err := event.NewCodec()
	if err != nil {
		return 0, err
	}
	defer codec.Close()
	var b event.Batch
	if err := codec.Decode(data, &b); err != nil {
		return 0, err
	}
	return p.publish(ctx, &b.Header, data, after)
}

func (p *Publisher) publish(ctx context.Context, h *event.Header, data []byte, after uint64) (uint64, error) {
	o := linesOrigin{p.shipper, h.Source, h.Order()}
	if err := o.validate(); err != nil {
		return 0, fmt.Errorf("publish batch: %w", err)
	}
	m := batchMessage(o, event.Position{Offset: h.End, Line: h.NextLine}, after, data)
	ack, err := p.bus.js.PublishMsg(ctx, m)
	if err != nil {
		err = publishError(err)
		p.bus.metrics.refused.WithLabelValues(refusal(err)).Inc()
		return 0, fmt.Errorf("publish %s %d-%d: %w", m.Subject, h.Start, h.End, err)
	}
	p.bus.metrics.published.Inc()
	return ack.Sequence, nil
}

func refusal(err error) string {
	switch {
	case errors.Is(err, ingest.ErrFull):
		return "full"
	case errors.Is(err, ingest.ErrFenced):
		return "fenced"
	case errors.Is(err, ingest.ErrTooLarge):
		return "too_large"
	}
	return "away"
}

// lastMark reads the end of a file's last message.
func (b *Bus) lastMark(ctx context.Context, o linesOrigin) (ingest.Mark, error) {
	if err := o.validate(); err != nil {
		return ingest.Mark{}, fmt.Errorf("last batch: %w", err)
	}
	m, err := b.lastMessage(ctx, linesStream, o.subject())
	if err != nil || m == nil {
		return ingest.Mark{}, err
	}
	return markOf(m.Sequence, m.Header)
}

// lastMessage gives the last message of a subject, nil when there is none.
func (b *Bus) lastMessage(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("last message of %s: %w", subject, publishError(err))
	}
	m, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("last message of %s: %w", subject, publishError(err))
	}
	return m, nil
}

// validAgent tells whether a name may be an agent's.
func validAgent(name string) error {
	if !block.ValidName(name) {
		return fmt.Errorf("%w: %q: %w", ErrName, name, block.ErrName)
	}
	if name == Local {
		return fmt.Errorf("%w: %q stands for the service itself", ErrName, name)
	}
	return nil
}
