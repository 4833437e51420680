package bus

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"golang.org/x/sync/errgroup"
)

// Headers of a batch: all of its messages are stored, or none, in one piece,
// and synced to disk once.
const (
	headerBatch         = "Nats-Batch-Id"
	headerBatchSequence = "Nats-Batch-Sequence"
	headerBatchCommit   = "Nats-Batch-Commit"
)

// batchesInFlight is how many batches of one call are on their way at once:
// while one is synced to disk, the next is read.
const batchesInFlight = 3

// publishTogether publishes messages of one stream that allows batches, each
// with a subject of its own. The results are in the order of the messages.
func (b *Bus) publishTogether(ctx context.Context, messages []*nats.Msg) []published {
	batches := slices.Collect(slices.Chunk(messages, window))
	results := make([][]published, len(batches))
	var g errgroup.Group
	g.SetLimit(batchesInFlight)
	for i, batch := range batches {
		g.Go(func() error {
			results[i] = b.publishChunk(ctx, batch)
			return nil
		})
	}
	_ = g.Wait() // errors are in the results
	return slices.Concat(results...)
}

func (b *Bus) publishChunk(ctx context.Context, batch []*nats.Msg) []published {
	if len(batch) == 1 {
		return b.publishEach(ctx, batch)
	}
	last, err := b.publishBatch(ctx, batch)
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		// One message's fence is enough to refuse the batch.
		return b.publishEach(ctx, batch)
	}
	results := make([]published, len(batch))
	for i := range batch {
		if results[i].err = publishError(err); err == nil {
			results[i].sequence = last - uint64(len(batch)-1-i)
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
