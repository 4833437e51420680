package respond

import (
	"context"
	"fmt"
	"time"
)

// Breaker is the state of automatic blocking. While it is held, findings and
// alerts go on, and what rules ask for is recorded in shadow.
type Breaker struct {
	Held   bool      `json:"held"`
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`
	Limit  int       `json:"limit"` // blocks a minute at which it trips; negative = never
	Asked  int       `json:"asked"` // in the last minute
}

// breaker trips when rules ask for too many blocks in a minute, whether those
// are made or not, and stays so until a person says otherwise.
type breaker struct {
	limit int
	asked window
	trip  *tripped // nil: it is not held
}

type tripped struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// ask counts a block that a rule asks for, and tells whether automatic
// blocking is held.
func (b *breaker) ask(now time.Time) bool {
	b.asked.add(now)
	if b.trip == nil && b.limit >= 0 && b.asked.count(now) > b.limit {
		b.trip = &tripped{At: now, Reason: fmt.Sprintf("rules asked for more than %d blocks within a minute", b.limit)}
	}
	return b.trip != nil
}

func (b *breaker) state(now time.Time) Breaker {
	s := Breaker{Limit: b.limit, Asked: b.asked.count(now)}
	if b.trip != nil {
		s.Held, s.Since, s.Reason = true, b.trip.At, b.trip.Reason
	}
	return s
}

// resume lets rules block again, if it was held since before a time.
func (b *breaker) resume(at time.Time) {
	if b.trip != nil && !b.trip.At.After(at) {
		b.trip, b.asked = nil, window{}
	}
}

// Breaker tells whether automatic blocking is held.
func (s *Service) Breaker() Breaker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.breaker.state(s.now())
}

// Resume lets rules block again. Blocks that were recorded in shadow meanwhile
// stay so until their actors are found again. The error wraps ErrNotFound when
// nothing was held.
func (s *Service) Resume(ctx context.Context, by Caller, reason string) (Breaker, error) {
	if err := s.gate.enter(ctx); err != nil {
		return Breaker{}, fmt.Errorf("resume blocking: %w", err)
	}
	defer s.gate.leave()
	before := s.Breaker()
	err := s.resumeBlocking(ctx, before.Held)
	return s.Breaker(), s.close(ctx, &rowWriter{}, by, "breaker.resume", "automatic blocking", map[string]any{"reason": reason, "held": before}, err)
}

func (s *Service) resumeBlocking(ctx context.Context, held bool) error {
	if !held {
		return fmt.Errorf("automatic blocking is not held: %w", ErrNotFound)
	}
	at := s.now()
	s.mu.Lock()
	s.ledger.breaker.resume(at)
	s.touch()
	s.mu.Unlock()
	return s.journal.add(ctx, journalEntry{Resume: &at})
}

// heldAlert is the name of the alert about held blocking.
const heldAlert = "BlockingHeld"

// tellHeld keeps an alert for as long as automatic blocking is held.
func (s *Service) tellHeld(ctx context.Context) error {
	b := s.Breaker()
	if !b.Held {
		return s.ResolveHealth(ctx, heldAlert)
	}
	return s.RaiseHealth(ctx, heldAlert, fmt.Sprintf(
		"automatic blocking is held since %s: %s; findings and alerts go on, blocks are recorded in shadow. If this is an attack and not a mistake: honeymoat blocks resume",
		b.Since.UTC().Format(time.RFC3339), b.Reason))
}
