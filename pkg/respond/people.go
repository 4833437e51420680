package respond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
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
	// By is what a block says of who made it; empty = "token:" and the name.
	By string
}

func (c Caller) asker() Asker { return Asker{Name: c.Name, Admin: c.Admin, Address: c.Address} }

func (c Caller) by() string { return cmp.Or(c.By, byPerson+c.Name) }

// AddBlock is what a person asks for.
type AddBlock struct {
	// Criteria are what is matched. Users, keys, tokens and sessions may stand
	// there in clear: they are hashed for the segment, and kept nowhere.
	Criteria []block.Criterion
	Segment  string       // empty = block.All
	Action   block.Action // block.Allow makes an exemption
	Terms    *block.Terms
	Mode     block.Mode
	Percent  uint8 // in mode canary
	Lifetime time.Duration
	Reason   string
	DryRun   bool
	// IdempotencyKey makes a repeated call give the first one's answer; it is
	// the caller's own. Empty: none.
	IdempotencyKey string
}

// Added is what became of a block that a person asked for.
type Added struct {
	Block   block.Block
	Created bool // by this call: not in a dry run, not when it waits, not when it was there
	Ruling  Ruling
	// Approval is what the block waits for; nil when it does not. In a dry run
	// it has no id, unless the same waits already.
	Approval *Approval
	// Already tells that somebody has asked for the same before, and that it
	// waits: it is one approval.
	Already bool
}

// AddBlock makes a block for a person, or tells what it would have been in a
// dry run. The error wraps ErrInvalid when the request makes no sense (and
// ErrKeyUsed, if that is why), is a *Refusal when the guard says no, and wraps
// ErrExists, with the block beside it, when the target is blocked already; any
// other means that the bus is away. A block of a rule that does less than this
// one is replaced. All of it is audited.
func (s *Service) AddBlock(ctx context.Context, by Caller, r AddBlock) (Added, error) {
	seen := s.look(ctx, by, &r)
	if err := s.gate.enter(ctx); err != nil {
		return Added{}, fmt.Errorf("add block: %w", err)
	}
	defer s.gate.leave()
	var w rowWriter
	added, err := s.addBlock(ctx, &w, by, r, seen)
	subject := textOf(r.Criteria)
	if added.Block.Target.Valid() {
		subject = added.Block.Target.String()
	}
	return added, s.close(ctx, &w, by, "block.add", subject, askedDetail(r, &added), err)
}

func askedDetail(r AddBlock, a *Added) map[string]any {
	detail := map[string]any{
		"lifetime_seconds": int64(r.Lifetime / time.Second), "action": r.Action, "mode": r.Mode,
		"segment": cmp.Or(r.Segment, block.All), "reason": r.Reason, "dry_run": r.DryRun,
	}
	if r.Percent > 0 {
		detail["percent"] = r.Percent
	}
	if a.Ruling.Word != "" {
		detail["guard"] = a.Ruling
	}
	if a.Approval != nil {
		detail["approval"] = a.Approval.ID
	}
	return detail
}

func (s *Service) addBlock(ctx context.Context, w *rowWriter, by Caller, r AddBlock, seen sight) (Added, error) {
	b, err := s.blockAsked(by, r)
	a := Added{Block: b}
	if err != nil {
		return a, err
	}
	if a.Ruling = s.judgeAsked(by, &b, seen); a.Ruling.Err() != nil {
		return a, a.Ruling.Err()
	}
	s.checkSegments().warn(&a.Ruling, b.Segment)
	if done, err := s.doneBefore(&b); done != nil || err != nil {
		a.Block = *cmp.Or(done, &b)
		return a, err
	}
	if a.Approval, err = s.pendingFor(&b); err != nil || a.Approval != nil && !r.DryRun {
		return a, err
	}
	if held := s.there(&b); held != nil && (r.DryRun || a.Ruling.Word == NeedsApproval) {
		a.Block = *held
		return a, fmt.Errorf("block %s: %w", b.Target, ErrExists)
	}
	s.warnOfWaiting(&a.Ruling, &b)
	if a.Ruling.Word == NeedsApproval {
		a.Approval, a.Already, err = s.awaitUnless(ctx, w, approvalOf(by, []block.Block{b}, a.Ruling, s.now()), r.DryRun)
		return a, err
	}
	if r.DryRun {
		return a, nil
	}
	made := s.putAsked(ctx, w, []block.Block{b})[0]
	a.Block, a.Created = made.Block, made.Created
	return a, made.Err
}

// there gives the block that stands on a target already, and stays; nil when
// there is none, or it is this one.
func (s *Service) there(b *block.Block) *block.Block {
	held, ok := s.options.Blocks.Get(b.Segment, b.Target)
	if !ok || held.ID == b.ID || replaceable(&held, b) {
		return nil
	}
	return &held
}

// warnOfWaiting tells whoever asks for a block that a rule's on the same target
// waits for a person.
func (s *Service) warnOfWaiting(r *Ruling, b *block.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.ledger.waitingOn(b); a != nil && a.live(s.now()) {
		r.Warnings = append(r.Warnings, fmt.Sprintf("a block of it that %s asks for waits for a person: honeymoat blocks approve %s --revision %s makes that one", a.By, a.ID, a.Revision))
	}
}

// blockAsked is the block that a person asks for, before anybody has judged it.
func (s *Service) blockAsked(by Caller, r AddBlock) (block.Block, error) {
	now, segment := s.now(), cmp.Or(r.Segment, block.All)
	b := block.Block{
		Segment: segment, Action: r.Action, Terms: r.Terms, Mode: r.Mode, Percent: r.Percent,
		LifetimeSeconds: int64(r.Lifetime / time.Second), CreatedAt: now, Reason: r.Reason, By: by.by(),
	}
	if !block.ValidName(segment) {
		return b, fmt.Errorf("%w: segment %q: %w", ErrInvalid, segment, block.ErrName)
	}
	var err error
	if b.Target, err = s.targetAsked(segment, r.Criteria, r.Action); err != nil {
		return b, err
	}
	b.ID = block.NewID(segment, b.Target.Key(), "person", by.Name, strconv.FormatInt(now.UnixNano(), 10))
	if r.IdempotencyKey != "" {
		b.ID = block.NewID("person", by.Name, r.IdempotencyKey)
	}
	return b, checkAsked(&b)
}

// doneBefore gives the block that the same request has made before. If that
// is over, the request is not done again behind anybody's back.
func (s *Service) doneBefore(b *block.Block) (*block.Block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ended := s.ledger.blocks.byID[b.ID], s.ledger.blocks.ended[b.ID]
	switch {
	case held != nil && !sameRequest(&held.Block, b):
		return nil, fmt.Errorf("%w: %w, for %s", ErrInvalid, ErrKeyUsed, usedFor(&held.Block, b))
	case held != nil:
		done := held.Block
		return &done, nil
	case ended != nil:
		return nil, fmt.Errorf("%w: %w, for a block that has ended (%s)", ErrInvalid, ErrKeyUsed, ended.How)
	}
	return nil, nil
}

// sameRequest tells whether two blocks were asked for in the same words.
func sameRequest(a, b *block.Block) bool {
	var none block.Terms
	return a.Key() == b.Key() && a.Action == b.Action && a.Mode == b.Mode && a.Percent == b.Percent &&
		a.LifetimeSeconds == b.LifetimeSeconds && a.Reason == b.Reason && *cmp.Or(a.Terms, &none) == *cmp.Or(b.Terms, &none)
}

// usedFor tells what an idempotency key was used for when something else is
// asked for by it.
func usedFor(before, now *block.Block) string {
	text := before.Target.String()
	if before.Key() == now.Key() {
		text += " on other terms"
	}
	return text
}

// putAsked stores blocks that people asked for and that the guard let through.
// A block of a rule that does less is replaced.
func (s *Service) putAsked(ctx context.Context, w *rowWriter, blocks []block.Block) []BulkItem {
	items := make([]BulkItem, len(blocks))
	for i, o := range s.options.Blocks.PutAll(ctx, blocks) {
		b := blocks[i]
		var replaced *block.Block
		if errors.Is(o.Err, ErrExists) && replaceable(&o.Block, &b) {
			held := o.Block
			replaced = &held
			o.Block, o.Err = s.options.Blocks.Replace(ctx, held, b)
		}
		// The same request may have made it without learning of that.
		again := errors.Is(o.Err, ErrExists) && o.Block.ID == b.ID
		items[i] = BulkItem{Added: Added{Block: o.Block, Created: o.Err == nil}}
		if o.Err != nil && !again {
			items[i].Err = fmt.Errorf("block %s: %w", b.Target, o.Err)
			continue
		}
		s.holdAsked(w, o.Block, replaced)
	}
	if slices.ContainsFunc(blocks, func(b block.Block) bool { return b.Action == block.Allow }) {
		s.liftExempted(ctx, w)
	}
	return items
}

// holdAsked takes a block that was made for a person. Its row is written also
// when it was made before: that may not have got through.
func (s *Service) holdAsked(w *rowWriter, made block.Block, replaced *block.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if replaced != nil {
		if ended, ok := s.ledger.End(replaced.ID, EventReplaced, made.By, "", made.CreatedAt); ok {
			w.add(BlockLog, rowOfEnded(&ended))
		}
	}
	s.ledger.Hold(made)
	w.add(BlockLog, rowOfBlock(&made, EventAdded, made.CreatedAt))
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
	if b.By == byConfig {
		return b, w, fmt.Errorf("remove block %s: %w: it stands in the configuration: take it out of network.allow or network.monitors", id, ErrInvalid)
	}
	removal := removalOf(b, by, reason, s.now())
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
	if b.Action == block.Allow {
		s.publishSoon() // the configuration may exempt the same, and counted on this one
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
	case errors.Is(err, ErrGrown):
		return "grown"
	case errors.Is(err, ErrDeciding):
		return "deciding"
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
