package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// reloadAfter is when the board is read anew although nothing is known to be
// wrong: a removal of which even the marker went while the bus was away is
// noticed then.
const reloadAfter = markerLife / 2

// watcher reads the bucket of blocks into the board.
type watcher struct {
	*Blocks
	tell sync.Once // that the board is whole
}

// run keeps the board equal to the bucket until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := w.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			w.bus.log.Warn("reading the blocklist is taken up again", "error", err)
			sleep(ctx, time.Second)
		}
	}
	return nil
}

func (w *watcher) follow(ctx context.Context) error {
	messages, err := w.bus.ordered(ctx, blocksStream, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	defer messages.Stop()
	if err := w.load(ctx, messages); err != nil {
		return err
	}
	w.tell.Do(func() { close(w.loaded) })
	ctx, cancel := context.WithTimeout(ctx, reloadAfter)
	defer cancel()
	for {
		m, meta, err := next(ctx, messages)
		if err != nil {
			return fmt.Errorf("watch blocks: %w", err)
		}
		if e, ok := w.read(m, meta); ok {
			w.board.apply(e)
			w.measure(e.segment)
		}
	}
}

// load reads what the bucket holds now.
func (w *watcher) load(ctx context.Context, messages jetstream.MessagesContext) error {
	s, err := w.bus.js.Stream(ctx, blocksStream)
	if err != nil {
		return fmt.Errorf("load blocks: %w", publishError(err))
	}
	l := loader{board: newBoard(), builders: map[string]*block.Builder{}, revisions: map[string]uint64{}}
	l.board.epoch = w.board.epoch
	for s.CachedInfo().State.Msgs > 0 {
		m, meta, err := nextWithin(ctx, time.Second, messages)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			// The last message may have expired under our eyes.
			if s, err = w.bus.js.Stream(ctx, blocksStream); err != nil {
				return fmt.Errorf("load blocks: %w", publishError(err))
			}
			if s.CachedInfo().State.LastSeq <= l.last {
				break
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("load blocks: %w", err)
		}
		l.last = meta.Sequence.Stream
		if e, ok := w.read(m, meta); ok {
			l.add(e)
		}
		if meta.NumPending == 0 {
			break
		}
	}
	// What came last may be gone: a marker whose time was up, or a block.
	l.board.applied = max(l.board.applied, s.CachedInfo().State.LastSeq)
	w.board.replace(l.finish())
	for _, name := range w.board.names() {
		w.measure(name)
	}
	return nil
}

func nextWithin(ctx context.Context, d time.Duration, messages jetstream.MessagesContext) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return next(ctx, messages)
}

// loader builds a board out of many messages at once.
type loader struct {
	board     *board
	builders  map[string]*block.Builder
	revisions map[string]uint64
	last      uint64
}

func (l *loader) add(e entry) {
	l.board.keep(e)
	l.revisions[e.segment] = e.delta.Revision
	b := l.builders[e.segment]
	if b == nil {
		b = &block.Builder{}
		l.builders[e.segment] = b
	}
	if !e.delta.Removed {
		b.Add(e.delta, l.board.now())
	}
}

func (l *loader) finish() *board {
	for name, b := range l.builders {
		l.board.segments[name] = &segment{set: b.Set(l.revisions[name])}
	}
	return l.board
}

// read makes an entry of a message. A message that is none is logged and
// left out; agents cannot read it either.
func (w *watcher) read(m jetstream.Msg, meta *jetstream.MsgMetadata) (e entry, ok bool) {
	e.key = strings.TrimPrefix(m.Subject(), bucketSubject(blocksBucket, ""))
	name, target, err := block.ParseKey(e.key)
	if err == nil {
		e.segment = name
		e.delta, err = parseDelta(target, meta.Sequence.Stream, m.Headers())
		e.put = putTime(m.Headers(), meta.Timestamp)
	}
	if err == nil && !e.delta.Removed {
		e.block, err = readBlock(m.Data(), meta.Sequence.Stream)
		// The delta was written when the block was stored; reading it may be
		// much later.
		e.delta.Left -= time.Since(meta.Timestamp)
	}
	if err != nil {
		w.bus.log.Error("a block cannot be read", "key", e.key, "sequence", meta.Sequence.Stream, "error", err)
		return entry{}, false
	}
	return e, true
}

// putTime is when a block was put, or stored where that is not told.
func putTime(h nats.Header, stored time.Time) time.Time {
	n, err := strconv.ParseInt(h.Get(headerPut), 10, 64)
	if err != nil {
		return stored
	}
	return time.Unix(0, n)
}

func readBlock(data []byte, revision uint64) (*block.Block, error) {
	b := new(block.Block)
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("read block: %w", err)
	}
	b.Revision = revision
	return b, nil
}
