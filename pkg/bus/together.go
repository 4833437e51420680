package bus

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Headers of a batch: all of its messages are stored, or none, in one piece,
// and synced to disk once.
const (
	headerBatch         = "Nats-Batch-Id"
	headerBatchSequence = "Nats-Batch-Sequence"
	headerBatchCommit   = "Nats-Batch-Commit"
)

// publishTogether publishes messages of one stream that allows batches. The
// results are in the order of the messages.
func (b *Bus) publishTogether(ctx context.Context, messages []*nats.Msg) []published {
	results := make([]published, 0, len(messages))
	for batch := range slices.Chunk(messages, window) {
		if len(batch) == 1 {
			results = append(results, b.publishEach(ctx, batch)...)
			continue
		}
		last, err := b.publishBatch(ctx, batch)
		var refused *jetstream.APIError
		if errors.As(err, &refused) {
			// One message's fence is enough to refuse the batch.
			results = append(results, b.publishEach(ctx, batch)...)
			continue
		}
		for i := range batch {
			r := published{err: publishError(err)}
			if err == nil {
				r.sequence = last - uint64(len(batch)-1-i)
			}
			results = append(results, r)
		}
	}
	return results
}

// publishBatch stores all messages or none, and gives the last's sequence.
func (b *Bus) publishBatch(ctx context.Context, batch []*nats.Msg) (last uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	id := nuid.Next()
	for i, m := range batch {
		m.Header.Set(headerBatch, id)
		m.Header.Set(headerBatchSequence, strconv.Itoa(i+1))
		if i < len(batch)-1 {
			if err := b.nc.PublishMsg(m); err != nil {
				return 0, err
			}
		}
	}
	commit := batch[len(batch)-1]
	commit.Header.Set(headerBatchCommit, "1")
	reply, err := b.nc.RequestMsgWithContext(ctx, commit)
	if err != nil {
		return 0, err
	}
	return parseAcknowledgement(reply.Data)
}

func (b *Bus) publishEach(ctx context.Context, messages []*nats.Msg) []published {
	var p pipeline
	for _, m := range messages {
		for _, h := range []string{headerBatch, headerBatchSequence, headerBatchCommit} {
			m.Header.Del(h)
		}
		p.publish(ctx, b.js, m)
	}
	return p.wait(ctx)
}
