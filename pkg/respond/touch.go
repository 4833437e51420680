package respond

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Touch takes a finding that an agent has made of what it saw in the request
// path, and returns when it is kept durably. What the agent refuses on the
// strength of it becomes a block in all segments, or is withdrawn. A claim
// that our own rules do not make a finding of is withdrawn too, and is no
// error: there is nothing to try again.
func (s *Service) Touch(ctx context.Context, agent string, claim finding.Finding) error {
	s.counts.touches.Add(1)
	if s.options.Confirmer == nil {
		return fmt.Errorf("touch from agent %s: %w: nothing here confirms touches", agent, ErrInvalid)
	}
	confirmed, err := s.confirm(claim)
	if err != nil {
		s.counts.unconfirmed.Add(1)
		s.log.Warn("a touch was not confirmed", "agent", agent, "rule", claim.Rule, "error", err)
		s.withdraw(ctx, agent, decoy.ProvisionalID(agent, claim.ID))
		return nil
	}
	if err := s.gate.enter(ctx); err != nil {
		return fmt.Errorf("touch from agent %s: %w", agent, err)
	}
	defer s.gate.leave()
	if err := s.takeTouch(ctx, agent, confirmed); err != nil {
		return fmt.Errorf("touch from agent %s: %w", agent, err)
	}
	if err := s.journal.add(ctx, journalEntry{Touch: &touchEntry{agent, confirmed}}); err != nil {
		return fmt.Errorf("touch from agent %s: %w", agent, err)
	}
	return nil
}

// maxAhead is how far an agent's clock may be ahead of ours.
const maxAhead = 5 * time.Minute

// confirm has our rules make the finding that an agent claims. Its time is
// the agent's word: one ahead of ours would outlast a removal, and one of
// another age has no place in the store.
func (s *Service) confirm(claim finding.Finding) (finding.Finding, error) {
	if age := s.now().Sub(claim.Time); age < -maxAhead || age > MaxLifetime {
		return claim, fmt.Errorf("%w: a touch at %s; is the agent's clock right?", ErrInvalid, claim.Time)
	}
	return s.options.Confirmer.Confirm(claim)
}

// takeTouch does what follows from a confirmed touch.
func (s *Service) takeTouch(ctx context.Context, agent string, f finding.Finding) error {
	id := decoy.ProvisionalID(agent, f.ID)
	s.mu.Lock()
	s.ledger.refusals[id] = s.now()
	s.touch()
	s.mu.Unlock()
	steps, err := s.consider(ctx, []Evidence{{Finding: f, Agent: agent}})
	if err != nil {
		return err
	}
	st := &steps[0]
	event := EventConfirmed
	if st.wrong() {
		event = EventWithdrawn
		s.withdraw(ctx, agent, id)
	}
	return s.outbox.add(ctx, s.touchRow(st, id, event))
}

// wrong tells whether an agent should not have refused: the guard protects
// the client, somebody has discarded the finding, or nothing refuses all that
// the client sends: the block is in shadow, or narrower than the client. A budget that is used up says nothing about this client.
func (st *step) wrong() bool {
	switch {
	case st.Discarded:
		return true
	case st.Refusal != nil:
		return !isBudget(st.Refusal)
	case st.made.ID != 0:
		return !enforcedOn(&st.made, st.Finding.Actor)
	default:
		return !st.Enforced
	}
}

func (s *Service) touchRow(st *step, id block.ID, event string) []outRow {
	target, ok := Target(st.Finding.Actor)
	if !ok {
		return nil
	}
	f := &st.Finding
	b := block.Block{
		ID: id, Segment: cmp.Or(f.Segment, block.All), Target: target, LifetimeSeconds: int64(decoy.ProvisionalLifetime / time.Second),
		CreatedAt: f.Time, Reason: f.Title, Rule: f.Rule, RuleVersion: f.RuleVersion, Findings: []string{f.ID}, By: "agent:" + st.Agent,
	}
	if st.Refusal != nil {
		b.Reason = st.Refusal.Reason
	}
	var w rowWriter
	w.add(BlockLog, rowOfBlock(&b, event, st.Finding.Time))
	return w.rows
}

// withdraw tells an agent to drop a refusal. It may be lost: the refusal ends
// by itself.
func (s *Service) withdraw(ctx context.Context, agent string, id block.ID) {
	if s.options.Withdrawer == nil {
		return
	}
	if err := s.options.Withdrawer.Withdraw(ctx, agent, id); err != nil {
		s.log.Warn("a provisional refusal was not withdrawn; it ends within a minute", "agent", agent, "id", id.String(), "error", err)
	}
}
