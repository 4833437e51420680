package respond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// MaxLifetime is the longest block that anybody may ask for.
const MaxLifetime = 366 * 24 * time.Hour

// Caller is who asks, for the guard and the audit.
type Caller struct {
	Name    string
	Role    string // for the audit
	Admin   bool
	Address netip.Addr // that the request came from; invalid when unknown
}

func (c Caller) asker() Asker { return Asker{Admin: c.Admin, Address: c.Address} }

// AddBlock is what a person asks for.
type AddBlock struct {
	Target   block.Target
	Segment  string // empty = block.All
	Lifetime time.Duration
	Mode     block.Mode
	Reason   string
	DryRun   bool
	// IdempotencyKey makes a repeated call give the first one's answer; it is
	// the caller's own. Empty: none.
	IdempotencyKey string
}

// AddBlock makes a block for a person, or tells what it would have been in a
// dry run. created is false in a dry run and when the same request has made
// the block before. The error wraps ErrInvalid when the request makes no
// sense, is a *Refusal when the guard says no, and wraps ErrExists, with the
// block beside it, when the target is blocked already; any other means that
// the bus is away. All of it is audited.
func (s *Service) AddBlock(ctx context.Context, by Caller, r AddBlock) (made block.Block, created bool, err error) {
	if err := s.gate.enter(ctx); err != nil {
		return made, false, fmt.Errorf("add block: %w", err)
	}
	defer s.gate.leave()
	b := s.blockAsked(by, r)
	made, created, err = s.addBlock(ctx, by, b, r)
	detail := map[string]any{"lifetime_seconds": b.LifetimeSeconds, "mode": b.Mode, "segment": b.Segment, "reason": r.Reason, "dry_run": r.DryRun}
	var w rowWriter
	if err == nil && !r.DryRun { // also when it was made before: its row may not have got through
		w.add(BlockLog, rowOfBlock(&made, EventAdded, made.CreatedAt))
	}
	return made, created, s.close(ctx, &w, by, "block.add", b.Target.String(), detail, err)
}

func (s *Service) blockAsked(by Caller, r AddBlock) block.Block {
	now, segment := s.now(), cmp.Or(r.Segment, block.All)
	id := block.NewID(segment, r.Target.Key(), "person", by.Name, strconv.FormatInt(now.UnixNano(), 10))
	if r.IdempotencyKey != "" {
		id = block.NewID("person", by.Name, r.IdempotencyKey)
	}
	return block.Block{
		ID: id, Segment: segment, Target: r.Target, Action: block.Deny, Mode: r.Mode,
		LifetimeSeconds: int64(r.Lifetime / time.Second), CreatedAt: now, Reason: r.Reason, By: "token:" + by.Name,
	}
}

func (s *Service) addBlock(ctx context.Context, by Caller, b block.Block, r AddBlock) (block.Block, bool, error) {
	if err := checkAsked(&b); err != nil {
		return b, false, err
	}
	if err := s.guard.Load().Check(b.Target, by.asker()); err != nil {
		return b, false, err
	}
	if done, err := s.doneBefore(&b); done != nil || err != nil {
		return *cmp.Or(done, &b), false, err
	}
	if held, ok := s.options.Blocks.Get(b.Segment, b.Target); ok && r.DryRun {
		return held, false, fmt.Errorf("block %s: %w", b.Target, ErrExists)
	}
	if r.DryRun {
		return b, false, nil
	}
	made, err := s.options.Blocks.Put(ctx, b)
	// The same request may have made it without learning of that.
	again := errors.Is(err, ErrExists) && made.ID == b.ID
	if err != nil && !again {
		return made, false, fmt.Errorf("block %s: %w", b.Target, err)
	}
	s.hold(made)
	return made, !again, nil
}

func checkAsked(b *block.Block) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	switch {
	case b.Lifetime() > MaxLifetime:
		return fmt.Errorf("%w: a lifetime of %s is longer than %s", ErrInvalid, b.Lifetime(), MaxLifetime)
	case b.Reason == "":
		return fmt.Errorf("%w: a block needs a reason: somebody will ask", ErrInvalid)
	}
	return nil
}

// doneBefore gives the block that the same request has made before. If that
// is over, the request is not done again behind anybody's back.
func (s *Service) doneBefore(b *block.Block) (*block.Block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ended := s.ledger.blocks.byID[b.ID], s.ledger.blocks.ended[b.ID]
	switch {
	case held != nil && held.Block.Key() != b.Key():
		return nil, fmt.Errorf("%w: this idempotency key was used for %s", ErrInvalid, held.Block.Target)
	case held != nil:
		done := held.Block
		return &done, nil
	case ended != nil:
		return nil, fmt.Errorf("%w: this idempotency key was used for a block that has %s", ErrInvalid, ended.How)
	}
	return nil, nil
}

func (s *Service) hold(b block.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.Hold(b)
	s.touch()
}

// RemoveBlock ends a live block, and keeps evidence of before now from
// bringing it back. The error wraps ErrNotFound when no such block is live.
func (s *Service) RemoveBlock(ctx context.Context, by Caller, id block.ID, reason string) (block.Block, error) {
	if err := s.gate.enter(ctx); err != nil {
		return block.Block{}, fmt.Errorf("remove block %s: %w", id, err)
	}
	defer s.gate.leave()
	b, w, err := s.removeBlock(ctx, by, id, reason)
	return b, s.close(ctx, w, by, "block.remove", id.String(), map[string]any{"target": b.Target, "reason": reason}, err)
}

func (s *Service) removeBlock(ctx context.Context, by Caller, id block.ID, reason string) (block.Block, *rowWriter, error) {
	w := &rowWriter{}
	b, err := s.live(id)
	if err != nil {
		return b, w, err
	}
	removal := removeEntry{ID: id, Key: b.Key(), At: s.now(), By: "token:" + by.Name, Reason: reason}
	s.mu.Lock()
	s.ledger.Remove(removal.Key, removal.At)
	s.touch()
	s.mu.Unlock()
	// Before the block goes: or a crash between the two would let a batch that
	// is read again bring it back.
	if err := s.journal.add(ctx, journalEntry{Removal: &removal}); err != nil {
		return b, w, fmt.Errorf("remove block %s: %w", id, err)
	}
	if err := s.options.Blocks.Remove(ctx, b); err != nil {
		return b, w, fmt.Errorf("remove block %s: %w", id, err)
	}
	s.noteEnd(w, b, EventRemoved, removal.By, reason, removal.At)
	return b, w, nil
}

// live finds a block by its id among those that are in force.
func (s *Service) live(id block.ID) (block.Block, error) {
	s.mu.Lock()
	held, ok := s.ledger.Held(id)
	s.mu.Unlock()
	if ok {
		if b, live := s.options.Blocks.Get(held.Block.Segment, held.Block.Target); live && b.ID == id {
			return b, nil
		}
	}
	for _, b := range s.options.Blocks.List() {
		if b.ID == id {
			return b, nil
		}
	}
	return block.Block{ID: id}, fmt.Errorf("block %s: %w", id, ErrNotFound)
}

func (s *Service) noteEnd(w *rowWriter, b block.Block, how, by, reason string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, held := s.ledger.Held(b.ID); !held {
		s.ledger.Hold(b) // made by somebody else beside us
	}
	if ended, ok := s.ledger.End(b.ID, how, by, reason, at); ok {
		w.add(BlockLog, rowOfEnded(&ended))
	}
	s.touch()
}

// close audits what a person did, and waits until it is on record. It gives
// the error of the deed, or else that of the record.
func (s *Service) close(ctx context.Context, w *rowWriter, by Caller, action, subject string, detail any, err error) error {
	s.auditRow(w, by, action, subject, outcomeOf(err), detail)
	if recorded := s.record(ctx, w.rows); err == nil && recorded != nil {
		return fmt.Errorf("%s %s: done, and not yet on record: %w", action, subject, recorded)
	}
	return err
}

func (s *Service) record(ctx context.Context, rows []outRow) error {
	if err := s.outbox.add(ctx, rows); err != nil {
		return err
	}
	return s.outbox.flush(ctx, s.outbox.position())
}

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, ErrRefused):
		return "refused"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrExists):
		return "exists"
	case errors.Is(err, ErrNotFound):
		return "not found"
	default:
		return "failed"
	}
}
