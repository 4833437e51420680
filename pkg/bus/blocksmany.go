package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// shipment is the messages of one call, and which of its items each is for.
type shipment struct {
	items    []int
	messages []*nats.Msg
	last     uint64 // revision that memory has to have in the end
}

// due takes a revision that memory has to have.
func (s *shipment) due(revision uint64) { s.last = max(s.last, revision) }

func (s *shipment) add(item int, m *nats.Msg) {
	s.items, s.messages = append(s.items, item), append(s.messages, m)
}

// send publishes a shipment, hands each item what became of its message, and
// waits until memory has all of it.
func (l *Blocks) send(ctx context.Context, s *shipment, settle func(item int, r published)) {
	for n, r := range l.bus.publishTogether(ctx, s.messages) {
		s.due(r.sequence)
		settle(s.items[n], r)
	}
	if err := l.board.wait(ctx, s.last); err != nil {
		l.bus.log.Warn("changes of the blocklist are stored and not seen yet", "revision", s.last, "error", err)
	}
}

// Replace implements respond.Blocks.
func (l *Blocks) Replace(ctx context.Context, old, b block.Block) (block.Block, error) {
	o := l.ReplaceAll(ctx, []respond.Replacement{{Old: old, New: b}})[0]
	return o.Block, o.Err
}

// ReplaceAll implements respond.Blocks, as PutAll does.
func (l *Blocks) ReplaceAll(ctx context.Context, list []respond.Replacement) []respond.PutOutcome {
	outcomes := make([]respond.PutOutcome, len(list))
	var s shipment
	for i := range list {
		old, b := &list[i].Old, &list[i].New
		outcomes[i].Block = *b
		if old.Key() != b.Key() {
			outcomes[i].Err = fmt.Errorf("replace block on %s in %s by one on %s in %s: want the same target and segment", old.Target, old.Segment, b.Target, b.Segment)
			continue
		}
		m, err := l.message(b, old.Revision)
		if outcomes[i].Err = err; err == nil {
			s.add(i, m)
		}
	}
	l.send(ctx, &s, func(i int, r published) {
		outcomes[i].Block.Revision, outcomes[i].Err = r.sequence, r.err
		if errors.Is(r.err, ingest.ErrFenced) {
			old := &list[i].Old
			outcomes[i].Err = fmt.Errorf("replace block %s, revision %d: %w: %w", old.ID, old.Revision, respond.ErrExists, r.err)
		}
	})
	return outcomes
}

// Remove implements respond.Blocks.
func (l *Blocks) Remove(ctx context.Context, b block.Block) error {
	return l.RemoveAll(ctx, []block.Block{b})[0]
}

// RemoveAll implements respond.Blocks, as PutAll does.
func (l *Blocks) RemoveAll(ctx context.Context, blocks []block.Block) []error {
	failures := make([]error, len(blocks))
	now := time.Now()
	var s shipment
	for i := range blocks {
		b := &blocks[i]
		held, after, isHeld := l.board.holder(b.Key())
		if !isHeld || held.ID != b.ID {
			failures[i] = fmt.Errorf("remove block %s: %w", b.ID, respond.ErrNotFound)
			continue
		}
		s.add(i, removeMessage(l.bus.writeSubject(blocksBucket, b.Key()), after, now))
	}
	l.send(ctx, &s, func(i int, r published) {
		switch {
		case errors.Is(r.err, ingest.ErrFenced):
			failures[i] = l.contendRemoval(ctx, &blocks[i])
		case r.err != nil:
			failures[i] = fmt.Errorf("remove block %s: %w", blocks[i].ID, r.err)
		}
	})
	return failures
}

// contendRemoval removes a block whose key was not as memory said: it asks the
// bucket.
func (l *Blocks) contendRemoval(ctx context.Context, b *block.Block) error {
	for range 5 {
		held, after, err := l.current(ctx, b.Key())
		if err != nil {
			return fmt.Errorf("remove block %s: %w", b.ID, err)
		}
		if held == nil || held.ID != b.ID {
			return fmt.Errorf("remove block %s: %w", b.ID, respond.ErrNotFound)
		}
		ack, err := l.bus.js.PublishMsg(ctx, removeMessage(l.bus.writeSubject(blocksBucket, b.Key()), after, time.Now()))
		if err == nil {
			return l.board.wait(ctx, ack.Sequence)
		}
		if !fenced(err) {
			return fmt.Errorf("remove block %s: %w", b.ID, publishError(err))
		}
	}
	return fmt.Errorf("remove block %s: others change it all the time: %w", b.ID, respond.ErrExists)
}
