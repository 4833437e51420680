package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Blocks is the blocklist on the bus. It implements respond.Blocks. Reading
// is from memory and needs Run; it is safe for concurrent use.
type Blocks struct {
	bus     *Bus
	board   *board
	loaded  chan struct{} // closed once the bucket has been read
	written written
}

var _ respond.Blocks = (*Blocks)(nil)

func newBlocks(b *Bus) *Blocks {
	return &Blocks{bus: b, board: newBoard(), loaded: make(chan struct{})}
}

// run reads the bucket until ctx ends; serving begins once it has been read.
func (l *Blocks) run(ctx context.Context) error {
	w := &watcher{Blocks: l}
	return w.run(ctx)
}

// Put implements respond.Blocks.
func (l *Blocks) Put(ctx context.Context, b block.Block) (block.Block, error) {
	o := l.PutAll(ctx, []block.Block{b})[0]
	return o.Block, o.Err
}

// PutAll implements respond.Blocks: what is put together is synced to disk
// once for some hundreds of blocks.
func (l *Blocks) PutAll(ctx context.Context, blocks []block.Block) []respond.PutOutcome {
	outcomes := make([]respond.PutOutcome, len(blocks))
	var s shipment
	for i, b := range blocks {
		outcomes[i].Block = b
		held, after, isHeld := l.board.holder(b.Key())
		if isHeld && live(&held) {
			outcomes[i] = respond.PutOutcome{Block: held, Err: fmt.Errorf("put block on %s in %s: %w", b.Target, b.Segment, respond.ErrExists)}
			continue
		}
		m, err := l.message(&b, after)
		if outcomes[i].Err = err; err == nil {
			s.add(i, m)
		}
	}
	l.send(ctx, &s, func(i int, r published) {
		if o := &outcomes[i]; errors.Is(r.err, ingest.ErrFenced) {
			*o = l.contend(ctx, o.Block)
			s.due(o.Block.Revision) // another's too: who asks next has to find it
		} else {
			o.Block.Revision, o.Err = r.sequence, r.err
		}
	})
	return outcomes
}

// message stores b in place of what has the sequence after.
func (l *Blocks) message(b *block.Block, after uint64) (*nats.Msg, error) {
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("put block: %w", err)
	}
	if !live(b) {
		return nil, fmt.Errorf("put block on %s: its lifetime ended at %s", b.Target, b.ExpiresAt().Format(time.RFC3339))
	}
	value, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("put block on %s: %w", b.Target, err)
	}
	return putMessage(l.bus.writeSubject(blocksBucket, b.Key()), b, value, after, time.Now())
}

// contend puts a block whose key was not as memory said: it asks the bucket.
func (l *Blocks) contend(ctx context.Context, b block.Block) respond.PutOutcome {
	for range 5 {
		held, after, err := l.current(ctx, b.Key())
		if err != nil {
			return respond.PutOutcome{Block: b, Err: fmt.Errorf("put block on %s: %w", b.Target, err)}
		}
		if held != nil && live(held) {
			return respond.PutOutcome{Block: *held, Err: fmt.Errorf("put block on %s in %s: %w", b.Target, b.Segment, respond.ErrExists)}
		}
		stored, err := l.store(ctx, b, after)
		if !errors.Is(err, ingest.ErrFenced) {
			return respond.PutOutcome{Block: stored, Err: err}
		}
	}
	return respond.PutOutcome{Block: b, Err: fmt.Errorf("put block on %s: others change it all the time: %w", b.Target, respond.ErrExists)}
}

// current asks the bucket for a key: the block on it, if any, and what a
// publish has to be fenced with.
func (l *Blocks) current(ctx context.Context, key string) (held *block.Block, after uint64, err error) {
	m, err := l.bus.lastMessage(ctx, blocksStream, bucketSubject(blocksBucket, key))
	if err != nil || m == nil {
		return nil, 0, err
	}
	if removal(m.Header) {
		return nil, m.Sequence, nil
	}
	held, err = readBlock(m.Data, m.Sequence)
	return held, m.Sequence, err
}

// store publishes one block and waits until memory has it.
func (l *Blocks) store(ctx context.Context, b block.Block, after uint64) (block.Block, error) {
	m, err := l.message(&b, after)
	if err != nil {
		return b, err
	}
	ack, err := l.bus.js.PublishMsg(ctx, m)
	if err != nil {
		return b, fmt.Errorf("store block on %s: %w", b.Target, publishError(err))
	}
	b.Revision = ack.Sequence
	return b, l.board.wait(ctx, ack.Sequence)
}

// Get implements respond.Blocks.
func (l *Blocks) Get(segment string, t block.Target) (block.Block, bool) {
	b, _, held := l.board.holder((&block.Block{Segment: segment, Target: t}).Key())
	if !held || !live(&b) {
		return block.Block{}, false
	}
	return b, true
}

// List implements respond.Blocks.
func (l *Blocks) List() []block.Block {
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(l.board.list()), func(b block.Block) bool { return !now.Before(b.ExpiresAt()) })
}

// Versions gives the version of each segment that has ever had a block.
func (l *Blocks) Versions() map[string]block.Version {
	versions := map[string]block.Version{}
	for _, name := range l.board.names() {
		versions[name] = l.board.set(name).Version()
	}
	return versions
}

func (l *Blocks) measure(segment string) {
	l.bus.metrics.blocks.WithLabelValues(segment).Set(float64(l.board.set(segment).Version().Count))
}

func live(b *block.Block) bool { return time.Now().Before(b.ExpiresAt()) }
