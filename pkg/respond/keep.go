package respond

import (
	"context"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// votes are what a discard says of rules.
type votes struct {
	count    bool
	subjects []evidence.Subject
}

// votesOf begins the votes of a discard. One that names no rule says nothing
// of any; one that says again what another does is no second word.
func (l *Ledger) votesOf(d *Discard) votes {
	v := votes{count: d.Rule != ""}
	for id, other := range l.discards {
		if id != d.ID && other.Actor == d.Actor && other.Rule == d.Rule && other.Path == d.Path && other.live(d.At) {
			v.count = false
		}
	}
	if d.Actor != (finding.Actor{}) {
		v.add(evidence.Subject{Rule: d.Rule, Kind: d.Actor.Kind})
	}
	return v
}

// take adds what a discard says by a finding that it takes back.
func (v *votes) take(d *Discard, f *finding.Finding, kind finding.ActorKind) {
	if d.Actor == (finding.Actor{}) {
		v.add(evidence.Subject{Rule: f.Rule, Kind: kind})
	}
}

func (v *votes) add(s evidence.Subject) {
	if v.count && !slices.Contains(v.subjects, s) {
		v.subjects = append(v.subjects, s)
	}
}

// AddKeep is a person's word that a finding was right.
type AddKeep struct {
	Finding string // its id
	// Rule and Kind are the finding's, for one that is in the store only; empty:
	// it is looked up among the latest of its actor.
	Rule   string
	Kind   finding.ActorKind
	Reason string
}

// Keep takes an analyst's word that a finding was right: findings of its rule
// about actors of its kind weigh more from now on, within bounds. Of one
// finding one word counts: another call gives that one. The error wraps
// ErrNotFound when the finding is not among the latest of its actor and Rule is
// empty, and ErrInvalid when it has been discarded or there is no reason.
func (s *Service) Keep(ctx context.Context, by Caller, r AddKeep) (evidence.Vote, error) {
	if err := s.gate.enter(ctx); err != nil {
		return evidence.Vote{}, fmt.Errorf("keep finding %s: %w", r.Finding, err)
	}
	defer s.gate.leave()
	v, err := s.keep(ctx, by, r)
	return v, s.close(ctx, &rowWriter{}, by, "finding.keep", r.Finding, v, err)
}

func (s *Service) keep(ctx context.Context, by Caller, r AddKeep) (evidence.Vote, error) {
	v := evidence.Vote{
		ID: r.Finding, Subject: evidence.Subject{Rule: r.Rule, Kind: r.Kind}, Keep: true, By: by.Name, At: s.now(), Reason: r.Reason,
	}
	if r.Reason == "" {
		return v, fmt.Errorf("%w: a finding is kept for a reason: somebody will ask", ErrInvalid)
	}
	if f, a, ok := s.finding(r.Finding); ok {
		v.Subject = evidence.Subject{Rule: f.Rule, Kind: a.Kind}
	} else if r.Rule == "" && !s.isDiscarded(r.Finding) { // which vote tells
		return v, fmt.Errorf("finding %s: %w", r.Finding, ErrNotFound)
	}
	v, known, err := s.vote(v)
	if known || err != nil {
		return v, err
	}
	return v, s.journal.add(ctx, journalEntry{Keep: &v})
}

func (s *Service) isDiscarded(findingID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.ledger.memos.byID[findingID]
	return m != nil && m.Discarded
}

// vote takes a vote for a finding, or gives the one that there is.
func (s *Service) vote(v evidence.Vote) (_ evidence.Vote, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.ledger.memos.byID[v.ID]; m != nil && m.Discarded {
		return v, false, fmt.Errorf("%w: finding %s is discarded: take the discard back first", ErrInvalid, v.ID)
	}
	if old, ok := s.ledger.feedback.Vote(v.ID); ok && old.Keep {
		return old, true, nil
	}
	s.ledger.feedback.Add(v)
	s.touch()
	return v, false, nil
}

// RemoveKeep takes the word back that a finding was right; it wraps
// ErrNotFound when there is none.
func (s *Service) RemoveKeep(ctx context.Context, by Caller, findingID string) error {
	if err := s.gate.enter(ctx); err != nil {
		return fmt.Errorf("keep finding %s no longer: %w", findingID, err)
	}
	defer s.gate.leave()
	err := s.removeKeep(ctx, findingID)
	return s.close(ctx, &rowWriter{}, by, "finding.unkeep", findingID, nil, err)
}

func (s *Service) removeKeep(ctx context.Context, findingID string) error {
	s.mu.Lock()
	vote, ok := s.ledger.feedback.Vote(findingID)
	if ok = ok && vote.Keep; ok {
		s.ledger.feedback.Remove(findingID)
		s.touch()
	}
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("finding %s: nobody has kept it: %w", findingID, ErrNotFound)
	}
	return s.journal.add(ctx, journalEntry{Unkeep: findingID})
}

// Feedback lists what analysts' words come to, ordered by rule and kind of
// actor.
func (s *Service) Feedback() []evidence.Opinion {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.feedback.Opinions(s.now())
}

// Explained is what the evidence about an actor comes to, and by what.
type Explained struct {
	Actor   finding.Actor
	Tier    finding.Tier
	Stories []Story
	evidence.Reading
}

// Explain tells what the evidence about an actor comes to; the error wraps
// ErrNotFound when there is none.
func (s *Service) Explain(key finding.Actor) (Explained, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ledger.actors[key]
	if a == nil {
		return Explained{}, fmt.Errorf("actor %s: %w", key, ErrNotFound)
	}
	now := s.now()
	return Explained{
		Actor: key, Tier: a.Tier, Stories: a.clone().Stories,
		Reading: s.ledger.scale().Explain(&a.Account, now, s.ledger.feedback.For(key.Kind, now)),
	}, nil
}
