package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	trimInterval = time.Second
	// idleLife is how long the last message of a file is kept.
	idleLife = 7 * 24 * time.Hour
)

// Trim frees what has been processed, until ctx ends. lines and records give
// the sequence up to which all consumers of the stream have durably processed
// it; they are asked about once a second.
//
// Of each file the last processed message stays, because it is the truth
// about how far the file has been read, until the file has been idle for a
// week.
func (b *Bus) Trim(ctx context.Context, lines, records func() uint64) error {
	for ctx.Err() == nil {
		err := b.trim(ctx, lines, records)
		if ctx.Err() != nil {
			break
		}
		b.log.Warn("freeing what was processed is taken up again", "error", err)
		sleep(ctx, trimInterval)
	}
	return nil
}

func (b *Bus) trim(ctx context.Context, lines, records func() uint64) error {
	messages, err := b.ordered(ctx, linesStream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverAllPolicy, HeadersOnly: true,
	})
	if err != nil {
		return err
	}
	defer messages.Stop()
	t := newTracker()
	for {
		if err := watchFor(ctx, trimInterval, messages, t); err != nil {
			return err
		}
		if err := b.trimLines(ctx, t, lines()); err != nil {
			return err
		}
		if err := b.trimRecords(ctx, records()); err != nil {
			return err
		}
		if err := b.measureStreams(ctx); err != nil {
			return err
		}
	}
}

// LinesFull tells whether the stream of lines has used up nine tenths of its
// budget, as of the last second. It needs Trim.
func (b *Bus) LinesFull() bool { return b.linesBytes.Load() >= b.opts.LinesBytes/10*9 }

// watchFor notes the messages that come within a time.
func watchFor(ctx context.Context, d time.Duration, messages jetstream.MessagesContext, t *tracker) error {
	within, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		m, meta, err := next(within, messages)
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return nil
		case err != nil:
			return fmt.Errorf("watch %s: %w", linesStream, err)
		}
		t.saw(m.Subject(), meta.Sequence.Stream, meta.Timestamp)
	}
}

func (b *Bus) trimLines(ctx context.Context, t *tracker, floor uint64) error {
	s, err := b.js.Stream(ctx, linesStream)
	if err != nil {
		return fmt.Errorf("trim %s: %w", linesStream, err)
	}
	for subject, below := range t.processed(floor, time.Now().Add(-idleLife)) {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(below)); err != nil {
			t.again(subject)
			return fmt.Errorf("trim %s: %w", subject, err)
		}
	}
	return nil
}

func (b *Bus) trimRecords(ctx context.Context, floor uint64) error {
	s, err := b.js.Stream(ctx, recordsStream)
	if err != nil {
		return fmt.Errorf("trim %s: %w", recordsStream, err)
	}
	if floor < s.CachedInfo().State.FirstSeq {
		return nil
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(floor+1)); err != nil {
		return fmt.Errorf("trim %s: %w", recordsStream, err)
	}
	return nil
}

func (b *Bus) measureStreams(ctx context.Context) error {
	for _, name := range []string{linesStream, recordsStream, deadStream, checkpointStream} {
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("measure %s: %w", name, err)
		}
		state := s.CachedInfo().State
		if name == linesStream {
			b.linesBytes.Store(int64(state.Bytes))
		}
		b.metrics.bytes.WithLabelValues(name).Set(float64(state.Bytes))
		b.metrics.last.WithLabelValues(name).Set(float64(state.LastSeq))
	}
	return nil
}
