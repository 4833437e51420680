package respond

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// How often what is in the names is done.
const (
	tickEvery      = time.Second
	reconcileEvery = time.Minute
)

// Run re-posts the active alerts, does again what agents reported after the
// last checkpoint, and then expires, resolves, records and saves until ctx
// ends. Before it returns it writes what is left and a last checkpoint, within
// StopTimeout; what cannot be written is read again at the next start. Handle
// must have returned or be about to when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	// The outbox outlives ctx, so that the last rows get through.
	outboxCtx, stopOutbox := context.WithCancel(context.WithoutCancel(ctx))
	var outbox, workers sync.WaitGroup
	outbox.Go(func() { s.outbox.run(outboxCtx) })
	workers.Go(func() { s.checkpointing(ctx) })
	err := s.serve(ctx)
	workers.Wait()
	if s.resumed.Load() {
		err = errors.Join(err, s.finish(ctx))
	}
	stopOutbox()
	outbox.Wait()
	return err
}

func (s *Service) serve(ctx context.Context) error {
	if err := s.resume(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("resume responder: %w", err)
	}
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for n := 1; ; n++ {
		full := n%int(reconcileEvery/tickEvery) == 0
		select {
		case <-ctx.Done():
			return nil
		case <-s.protectNow:
			full = true
		case <-ticker.C:
		}
		if err := s.tick(ctx, full); err != nil && ctx.Err() == nil {
			s.log.Warn("housekeeping failed; it is tried again", "error", err)
		}
	}
}

// resume tells Alertmanager again what it has forgotten, and takes up what
// happened after the checkpoint. What had got through already is told twice,
// under the same ids.
func (s *Service) resume(ctx context.Context) error {
	s.mu.Lock()
	alerts, pending, unlogged, replaced := s.ledger.active(s.options.Links, s.now()), s.pending, s.unlogged, s.replaced
	s.pending, s.unlogged, s.replaced = nil, nil, nil
	s.mu.Unlock()
	if err := s.post(ctx, alerts); err != nil {
		return err
	}
	s.gate.open()
	s.resumed.Store(true)
	if err := s.gate.enter(ctx); err != nil {
		return err
	}
	defer s.gate.leave()
	var w rowWriter
	for i := range unlogged {
		w.add(BlockLog, rowOfBlock(&unlogged[i], EventAdded, unlogged[i].CreatedAt))
	}
	for i := range replaced {
		w.add(BlockLog, rowOfEnded(&replaced[i]))
	}
	for _, e := range pending {
		if err := s.again(ctx, &w, e); err != nil {
			return err
		}
	}
	return s.outbox.add(ctx, w.rows)
}

// again does what a journal's entry tells of.
func (s *Service) again(ctx context.Context, w *rowWriter, e journalEntry) error {
	if e.Touch != nil {
		return s.takeTouch(ctx, e.Touch.Agent, e.Touch.Finding)
	}
	if e.Found != nil {
		return s.takeFound(ctx, e.Found.Findings)
	}
	if e.Undo != nil {
		_, err := s.finishUndo(ctx, w, *e.Undo)
		return err
	}
	held, known := s.held(e.Removal.ID)
	if b, live := s.options.Blocks.Get(held.Block.Segment, held.Block.Target); !known || !live || b.ID != held.Block.ID {
		s.noteGone(w, e.Removal)
	}
	return nil
}

// finish writes what is left.
func (s *Service) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), s.options.StopTimeout, errStopped)
	defer cancel()
	_, err := s.checkpoint(ctx)
	switch {
	case errors.Is(err, errTorn):
		s.log.Info("stopped within a batch; a restart reads again from the last checkpoint")
	case err != nil:
		return fmt.Errorf("stop responder: %w", err)
	}
	return nil
}

// tick does what time alone makes due.
func (s *Service) tick(ctx context.Context, full bool) error {
	if err := s.gate.enter(ctx); err != nil {
		return err
	}
	defer s.gate.leave()
	if err := s.expire(ctx); err != nil {
		return err
	}
	if err := s.resolve(ctx); err != nil {
		return err
	}
	if err := s.stage(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.tellHeld(ctx), s.tellOverflow(ctx)); err != nil {
		return err
	}
	if !full {
		return nil
	}
	s.mu.Lock()
	s.ledger.Sweep(s.now())
	s.mu.Unlock()
	// What the configuration exempts takes its part out of blocks that would
	// have to end otherwise.
	published := s.publish(ctx)
	return errors.Join(published, s.reconcile(ctx), s.restage(ctx))
}

// expire logs the blocks whose time is up, once the blocklist has dropped them.
func (s *Service) expire(ctx context.Context) error {
	var w rowWriter
	s.mu.Lock()
	for _, held := range s.ledger.blocks.dueBy(s.now()) {
		b := held.Block
		if current, live := s.options.Blocks.Get(b.Segment, b.Target); live && current.ID == b.ID {
			s.ledger.blocks.again(held) // the bus is a little late
			continue
		}
		if ended, ok := s.ledger.End(b.ID, EventExpired, "", "", b.ExpiresAt()); ok {
			w.add(BlockLog, rowOfEnded(&ended))
			s.touch()
		}
	}
	about := s.lapse(&w)
	s.mu.Unlock()
	return errors.Join(s.tell(ctx, &w, about), s.outbox.add(ctx, w.rows))
}

// lapse ends what waits in vain, and gives whom that was about. The caller holds
// mu.
func (s *Service) lapse(w *rowWriter) (about []finding.Actor) {
	now := s.now()
	end := func(list []*Approval, why string, at func(*Approval) time.Time) {
		for _, a := range list {
			w.ended(a, EventLapsed, "guard", why, at(a))
			about = append(about, a.About)
			s.touch()
		}
	}
	end(s.ledger.lapse(now), "nobody approved it in time", func(a *Approval) time.Time { return a.ExpiresAt })
	end(s.ledger.overtaken(), "it was blocked meanwhile", func(*Approval) time.Time { return now })
	return about
}

// resolve ends the alerts about actors who have gone quiet.
func (s *Service) resolve(ctx context.Context) error {
	rows, err := s.tellOf(ctx, func() ([]outRow, []Alert) {
		var w rowWriter
		now := s.now()
		over, changed := s.ledger.quiet(s.options.Quiet, now)
		slices.SortFunc(changed, compareActors)
		for _, key := range changed {
			w.add(Actors, s.ledger.rowOfActor(s.ledger.actors[key], now))
			s.touch()
		}
		return w.rows, over
	})
	if err != nil {
		return err
	}
	return s.outbox.add(ctx, rows)
}
