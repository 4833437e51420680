package respond

import (
	"context"
	"errors"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Rollouts lists how far each rule's version has come, with the gates that it
// has to pass and its history.
func (s *Service) Rollouts() []rollout.Logic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.book.List()
}

// CommandRollout does what a person says of a rule's version: one of
// rollout.Verbs. The error wraps ErrNotFound without such a version, ErrInvalid
// without such a verb, and ErrRefused when the rollout does not allow it.
func (s *Service) CommandRollout(ctx context.Context, by Caller, rule, version, verb, reason string) (rollout.Logic, error) {
	if err := s.gate.enter(ctx); err != nil {
		return rollout.Logic{}, fmt.Errorf("%s rollout of %s: %w", verb, rule, err)
	}
	defer s.gate.leave()
	c := commandEntry{Rule: rule, Version: version, Verb: verb, Who: by.by(), Reason: reason, At: s.now()}
	logic, err := s.commandRollout(ctx, c)
	return logic, s.close(ctx, &rowWriter{}, by, "rollout."+verb, rule+" "+version, map[string]any{"reason": reason}, err)
}

func (s *Service) commandRollout(ctx context.Context, c commandEntry) (rollout.Logic, error) {
	if c.Reason == "" {
		return rollout.Logic{}, fmt.Errorf("%w: a rollout is changed for a reason: somebody will ask", ErrInvalid)
	}
	s.mu.Lock()
	err := s.ledger.command(c)
	logic, _ := s.ledger.book.Get(c.Rule, c.Version)
	s.touch()
	s.mu.Unlock()
	if err != nil {
		return logic, commandError(c, err)
	}
	return logic, s.journal.add(ctx, journalEntry{Command: &c})
}

func (l *Ledger) command(c commandEntry) error {
	return l.book.Command(c.Rule, c.Version, c.Verb, c.Who, c.Reason, c.At)
}

func commandError(c commandEntry, err error) error {
	switch {
	case errors.Is(err, rollout.ErrUnknown):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, rollout.ErrVerb):
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	case errors.Is(err, rollout.ErrRefused):
		return &Refusal{Rule: "rollout", Reason: err.Error(), Hint: "see its gates with honeymoat rollouts show " + c.Rule}
	}
	return err
}

// Complaint is somebody's word that a block hit the wrong one.
type Complaint struct {
	Block block.ID // that was in the way
	// Request is the id of the request that was refused, for the audit.
	Request string
	Text    string
}

// Complain counts a complaint against the rule whose block it is about: one for
// each block, so that nobody rolls a rule back by saying one thing often. The
// error wraps ErrNotFound when no block has had the id of late, and ErrInvalid
// without a text.
func (s *Service) Complain(ctx context.Context, by Caller, c Complaint) (block.Block, error) {
	if err := s.gate.enter(ctx); err != nil {
		return block.Block{}, fmt.Errorf("complain: %w", err)
	}
	defer s.gate.leave()
	b, err := s.complain(ctx, c)
	return b, s.close(ctx, &rowWriter{}, by, "complaint", c.Block.String(), map[string]any{"text": c.Text, "request": c.Request, "rule": b.Rule}, err)
}

func (s *Service) complain(ctx context.Context, c Complaint) (block.Block, error) {
	if c.Text == "" {
		return block.Block{}, fmt.Errorf("%w: a complaint needs a text: what was refused, to whom", ErrInvalid)
	}
	held, _, err := s.Find(c.Block)
	if err != nil {
		return block.Block{}, err
	}
	if held.Block.Rule == "" || held.Complained {
		return held.Block, nil // it is in the audit
	}
	e := complaintEntry{Block: c.Block, Rule: held.Block.Rule, Version: held.Block.RuleVersion, At: s.now()}
	s.mu.Lock()
	s.ledger.complaint(e)
	s.touch()
	s.mu.Unlock()
	return held.Block, s.journal.add(ctx, journalEntry{Complaint: &e})
}

func (l *Ledger) complaint(e complaintEntry) {
	if h := l.blocks.change(e.Block); h != nil {
		h.Complained = true
	}
	l.book.Observe(e.Rule, e.Version, rollout.Measure{Complaints: 1}, e.At)
}

// restage gives the live blocks of rules in rollout the mode that their
// version has by now.
func (s *Service) restage(ctx context.Context) error {
	list := s.misplaced()
	var w rowWriter
	failures := make([]error, len(list))
	for i, o := range s.options.Blocks.ReplaceAll(ctx, list) {
		switch {
		case o.Err == nil:
			s.restaged(&w, o.Block)
		case errors.Is(o.Err, ErrExists) || errors.Is(o.Err, ErrNotFound):
			// somebody else has changed it: looked at again within a minute
		default:
			failures[i] = fmt.Errorf("move block %s to %s: %w", list[i].New.ID, list[i].New.Mode, o.Err)
		}
	}
	return errors.Join(joined(failures), s.outbox.add(ctx, w.rows))
}

// restaged takes a block in place of itself in another mode.
func (s *Service) restaged(w *rowWriter, b block.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.ledger.blocks.byID[b.ID]; held != nil {
		s.ledger.Made(b, held.Actor, held.Wanted)
		s.touch()
	}
	w.add(BlockLog, rowOfBlock(&b, EventStaged, s.now()))
}

// misplaced gives the live blocks whose mode is not that of their rule's
// version. Those of a version that has retired run out as they are.
func (s *Service) misplaced() []Replacement {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Replacement
	stages := map[[2]string]rollout.Placement{}
	for _, h := range s.ledger.blocks.byID {
		if h.Wanted == nil || !s.now().Before(h.Block.ExpiresAt()) {
			continue
		}
		key := [2]string{h.Block.Rule, h.Block.RuleVersion}
		p, known := stages[key]
		if !known {
			l, err := s.ledger.book.Get(key[0], key[1])
			if p = l.Placement; err != nil {
				p.Stage = rollout.Retired
			}
			stages[key] = p
		}
		next := h.Block
		h.Wanted.place(&next, p)
		if p.Stage != rollout.Retired && s.mayMove(&h.Block, &next) {
			list = append(list, Replacement{Old: h.Block, New: next})
		}
	}
	return list
}

// mayMove tells whether a block is to become another. One that does more has
// to get past the guard, and the budgets, as if it were made now. The caller
// holds mu.
func (s *Service) mayMove(b, next *block.Block) bool {
	switch more := strength(next) - strength(b); {
	case more == 0:
		return false
	case more < 0 || !harms(next):
		return true
	}
	return s.ledger.mayStage(next, s.guard.Load(), s.now())
}

// stage moves rollouts on, and the blocks of those that moved.
func (s *Service) stage(ctx context.Context) error {
	s.mu.Lock()
	events := s.ledger.book.Step(s.now())
	if len(events) > 0 {
		s.touch()
	}
	s.mu.Unlock()
	moved := false
	for i := range events {
		e := &events[i]
		moved = moved || e.Moved()
		s.log.Info("a rollout", "rule", e.Rule, "version", e.Version, "event", e.What, "from", e.From, "to", e.To, "by", e.Who, "why", e.Why)
	}
	if !moved {
		return nil
	}
	return s.restage(ctx)
}
