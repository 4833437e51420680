package bus

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// window is how many publishes of a pipeline are on their way at most.
const window = 512

// pipeline publishes many messages without waiting for each answer.
type pipeline struct {
	results []published
	futures []jetstream.PubAckFuture // of the last results
}

type published struct {
	sequence uint64
	err      error
}

// publish sends one more message. Its result is that of the same index in
// wait.
func (p *pipeline) publish(ctx context.Context, js jetstream.JetStream, m *nats.Msg, opts ...jetstream.PublishOpt) {
	if len(p.futures) >= window {
		p.settle(ctx)
	}
	f, err := js.PublishMsgAsync(m, opts...)
	if err != nil {
		p.settle(ctx)
		p.results = append(p.results, published{err: publishError(err)})
		return
	}
	p.futures = append(p.futures, f)
}

// wait gives the results of all messages, in the order they were sent.
func (p *pipeline) wait(ctx context.Context) []published {
	p.settle(ctx)
	return p.results
}

func (p *pipeline) settle(ctx context.Context) {
	for _, f := range p.futures {
		p.results = append(p.results, settled(ctx, f))
	}
	p.futures = p.futures[:0]
}

func settled(ctx context.Context, f jetstream.PubAckFuture) published {
	select {
	case ack := <-f.Ok():
		return published{sequence: ack.Sequence}
	case err := <-f.Err():
		return published{err: publishError(err)}
	case <-ctx.Done():
		return published{err: context.Cause(ctx)}
	}
}
