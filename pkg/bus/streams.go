package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// MaxBatch is the most bytes of an encoded batch.
	MaxBatch = 1 << 20
	// markerLife is how long the bucket remembers that a block has ended.
	markerLife = 24 * time.Hour
	// deadBytes bounds the dead letters; the oldest go first.
	deadBytes = 256 << 20
	// stateBytes bounds each of the buckets and the checkpoints.
	stateBytes = 4 << 30
)

// createStreams makes what is missing and updates what was made with other
// options, and tries again while the bus is away.
func (b *Bus) createStreams(ctx context.Context) error {
	wait := 100 * time.Millisecond
	for {
		err := b.tryCreateStreams(ctx)
		if err == nil {
			return nil
		}
		if !transient(err) {
			return err
		}
		b.log.Warn("the bus cannot be used yet", "error", err, "retry_in", wait)
		if !sleep(ctx, wait) {
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		}
		wait = min(2*wait, 5*time.Second)
	}
}

func (b *Bus) tryCreateStreams(ctx context.Context) error {
	for _, c := range b.streamConfigs() {
		c.Replicas = b.opts.Replicas
		if _, err := b.js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("create stream %s: %w", c.Name, err)
		}
	}
	for _, c := range bucketConfigs() {
		c.Replicas = b.opts.Replicas
		if _, err := b.js.CreateOrUpdateKeyValue(ctx, c); err != nil {
			return fmt.Errorf("create bucket %s: %w", c.Bucket, err)
		}
	}
	return nil
}

func (b *Bus) streamConfigs() []jetstream.StreamConfig {
	// Roll-ups, lifetimes and the like are commands in a message's headers,
	// and agents write their own headers: on LINES all of them stay off.
	lines := jetstream.StreamConfig{
		Name: linesStream, Subjects: []string{"lines.>"},
		MaxBytes: b.opts.LinesBytes, Discard: jetstream.DiscardNew, AllowDirect: true,
		MaxMsgSize: MaxBatch + 4096, Duplicates: time.Second,
	}
	records := jetstream.StreamConfig{
		Name: recordsStream, Subjects: []string{"records.>"},
		MaxBytes: b.opts.RecordsBytes, Discard: jetstream.DiscardNew,
		Duplicates: 2 * time.Minute,
	}
	dead := jetstream.StreamConfig{
		Name: deadStream, Subjects: []string{"dead.>"},
		MaxBytes: deadBytes, Discard: jetstream.DiscardOld,
		Duplicates: 2 * time.Minute,
	}
	checkpoints := jetstream.StreamConfig{
		Name: checkpointStream, Subjects: []string{"checkpoint.>"},
		MaxBytes: stateBytes, Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1, AllowDirect: true,
	}
	return []jetstream.StreamConfig{lines, records, dead, checkpoints, blocksConfig()}
}

// blocksConfig is that of a key-value bucket, and has besides what the
// bucket's own call cannot say: batches that are synced once.
func blocksConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: blocksStream, Subjects: []string{bucketSubject(blocksBucket, ">")},
		MaxMsgsPerSubject: 1, MaxBytes: stateBytes, Discard: jetstream.DiscardNew,
		AllowRollup: true, DenyDelete: true, AllowDirect: true,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: markerLife, AllowAtomicPublish: true,
		// Agents get the headers only: why a block was made, by whom and on
		// what evidence is not theirs to know.
		RePublish: &jetstream.RePublish{
			Source: bucketSubject(blocksBucket, ">"), Destination: "delta.>", HeadersOnly: true,
		},
	}
}

func bucketConfigs() []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{Bucket: agentsBucket, LimitMarkerTTL: markerLife, MaxBytes: stateBytes},
		{Bucket: leaseBucket, LimitMarkerTTL: time.Second, MaxBytes: 1 << 20},
	}
}
