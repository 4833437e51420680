package respond

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// AddDiscard is what a person asks not to count. At least one of Actor, Rule
// and Path is given.
type AddDiscard struct {
	Actor    finding.Actor
	Rule     string
	Path     string // exact, or a beginning that ends in "*"
	Reason   string
	Lifetime time.Duration // 0 = until it is removed
}

// Discard keeps findings like these from counting: those to come, and those
// that came. Live automatic blocks that stand on nothing else are removed,
// and alerts change. The error wraps ErrInvalid when nothing is named.
func (s *Service) Discard(ctx context.Context, by Caller, r AddDiscard) (Discard, error) {
	if err := s.gate.enter(ctx); err != nil {
		return Discard{}, fmt.Errorf("add discard: %w", err)
	}
	defer s.gate.leave()
	now := s.now()
	d := Discard{Actor: r.Actor, Rule: r.Rule, Path: r.Path, Reason: r.Reason, By: by.Name, At: now}
	if r.Lifetime > 0 {
		d.ExpiresAt = now.Add(r.Lifetime)
	}
	d.ID = finding.NewID("discard", d.Actor.String(), d.Rule, d.Path, by.Name, strconv.FormatInt(now.UnixNano(), 10))[:16]
	var w rowWriter
	err := s.addDiscard(ctx, &w, by, d)
	return d, s.close(ctx, &w, by, "discard.add", d.ID, d, err)
}

func (s *Service) addDiscard(ctx context.Context, w *rowWriter, by Caller, d Discard) error {
	if (d.Actor == finding.Actor{} && d.Rule == "" && strings.Trim(d.Path, "/*") == "") {
		return fmt.Errorf("%w: a discard needs an actor, a rule or a path", ErrInvalid)
	}
	if d.Reason == "" {
		return fmt.Errorf("%w: a discard needs a reason: somebody will ask", ErrInvalid)
	}
	if err := s.journal.add(ctx, journalEntry{Discard: &d}); err != nil {
		return err
	}
	dropped := s.applyDiscard(d)
	who, why := "token:"+d.By, "its evidence was discarded: "+d.Reason
	for _, a := range dropped.waiting {
		w.ended(a, EventRejected, who, why, d.At)
	}
	failures := s.options.Blocks.RemoveAll(ctx, dropped.blocks)
	for i, b := range dropped.blocks {
		switch {
		case failures[i] == nil:
			s.noteEnd(w, b, EventRemoved, who, why, d.At)
		case errors.Is(failures[i], ErrNotFound):
			failures[i] = nil // it is gone already
		default:
			failures[i] = fmt.Errorf("remove block %s, whose evidence is discarded: %w", b.ID, failures[i])
		}
	}
	return errors.Join(s.tell(ctx, w, dropped.actors), joined(failures))
}

func (s *Service) applyDiscard(d Discard) dropped {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	return s.ledger.Discard(d)
}

// tell announces actors that have changed without new evidence.
func (s *Service) tell(ctx context.Context, w *rowWriter, changed []finding.Actor) error {
	rows, err := s.tellOf(ctx, func() ([]outRow, []Alert) {
		var rows rowWriter
		var alerts []Alert
		now := s.now()
		for _, key := range changed {
			if a := s.ledger.actors[key]; a != nil {
				rows.add(Actors, s.ledger.rowOfActor(a, now))
				alerts = append(alerts, s.ledger.announce(a, s.options.Links, now)...)
			}
		}
		return rows.rows, alerts
	})
	w.rows = append(w.rows, rows...)
	return err
}

// DiscardFinding discards findings of the same rule about the same actor as
// this one. The error wraps ErrNotFound when the finding is not among the
// latest of its actor; it is in the store then, and Discard takes its actor
// and rule.
func (s *Service) DiscardFinding(ctx context.Context, by Caller, findingID, reason string, lifetime time.Duration) (Discard, error) {
	f, about, ok := s.finding(findingID)
	if !ok {
		return Discard{}, fmt.Errorf("finding %s: %w", findingID, ErrNotFound)
	}
	return s.Discard(ctx, by, AddDiscard{Actor: about, Rule: f.Rule, Reason: reason, Lifetime: lifetime})
}

// finding gives a finding of late, and whom its evidence counts against: the
// principal, where the address keeps only what is left over.
func (s *Service) finding(id string) (f finding.Finding, about finding.Actor, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, a := range s.ledger.actors {
		for i := range a.Evidence {
			if e := &a.Evidence[i]; e.ID == id && (!ok || key == e.Principal) {
				f, about, ok = *e, key, true
			}
		}
	}
	return f, about, ok
}

// Discards lists what does not count, ordered by id.
func (s *Service) Discards() []Discard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Discards()
}

// RemoveDiscard lets findings to come count again; it wraps ErrNotFound when
// there is no such discard.
func (s *Service) RemoveDiscard(ctx context.Context, by Caller, id string) error {
	if err := s.gate.enter(ctx); err != nil {
		return fmt.Errorf("remove discard %s: %w", id, err)
	}
	defer s.gate.leave()
	err := s.removeDiscard(ctx, id)
	return s.close(ctx, &rowWriter{}, by, "discard.remove", id, nil, err)
}

func (s *Service) removeDiscard(ctx context.Context, id string) error {
	s.mu.Lock()
	found := s.ledger.Undiscard(id)
	s.touch()
	s.mu.Unlock()
	if !found {
		return fmt.Errorf("discard %s: %w", id, ErrNotFound)
	}
	return s.journal.add(ctx, journalEntry{Undiscard: id})
}
