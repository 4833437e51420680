package respond

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// undoEntry is the journal's word of a batch that is undone.
type undoEntry struct {
	Batch  string        `json:"batch"`
	Blocks []removeEntry `json:"blocks"`
}

// Undone is what became of a batch that was undone.
type Undone struct {
	Batch   string
	Removed []block.Block
}

// UndoBatch ends the live blocks of a batch, and what of it waits for a second
// person. The error wraps ErrNotFound when nothing of it is left.
func (s *Service) UndoBatch(ctx context.Context, by Caller, id, reason string) (Undone, error) {
	if err := s.gate.enter(ctx); err != nil {
		return Undone{}, fmt.Errorf("undo batch %s: %w", id, err)
	}
	defer s.gate.leave()
	var w rowWriter
	undone, err := s.undoBatch(ctx, &w, by, id, reason)
	return undone, s.close(ctx, &w, by, "batch.undo", id, map[string]any{"reason": reason, "removed": len(undone.Removed)}, err)
}

func (s *Service) undoBatch(ctx context.Context, w *rowWriter, by Caller, id, reason string) (Undone, error) {
	entry := undoEntry{Batch: id}
	live := s.liveOf(id)
	for _, b := range live {
		entry.Blocks = append(entry.Blocks, removalOf(b, by, reason, s.now()))
	}
	rejected := s.rejectBatch(ctx, w, by, id, reason)
	if len(live) == 0 || rejected != nil && !errors.Is(rejected, ErrNotFound) {
		return Undone{Batch: id}, rejected
	}
	s.tombstones(entry.Blocks)
	// Before the blocks go, as with one: a crash on the way is taken up again.
	if err := s.journal.add(ctx, journalEntry{Undo: &entry}); err != nil {
		return Undone{Batch: id}, err
	}
	return s.finishUndo(ctx, w, entry)
}

// finishUndo removes the blocks that are left of a batch.
func (s *Service) finishUndo(ctx context.Context, w *rowWriter, entry undoEntry) (Undone, error) {
	undone := Undone{Batch: entry.Batch}
	wanted := make(map[block.ID]bool, len(entry.Blocks))
	for i := range entry.Blocks {
		wanted[entry.Blocks[i].ID] = true
	}
	live := slices.DeleteFunc(s.liveOf(entry.Batch), func(b block.Block) bool { return !wanted[b.ID] })
	at := make(map[block.ID]int, len(live))
	for i := range live {
		at[live[i].ID] = i
	}
	failures := s.options.Blocks.RemoveAll(ctx, live)
	for _, e := range entry.Blocks {
		i, ok := at[e.ID]
		if !ok {
			s.noteGone(w, &e)
			continue
		}
		if failures[i] == nil || errors.Is(failures[i], ErrNotFound) {
			failures[i] = nil
			s.noteEnd(w, live[i], EventRemoved, e.By, e.Reason, e.At)
			undone.Removed = append(undone.Removed, live[i])
		}
	}
	return undone, joined(failures)
}

// noteGone notes that a block which was to be removed went before a crash. It
// may have come after the checkpoint too, which tells nothing of it then.
func (s *Service) noteGone(w *rowWriter, e *removeEntry) {
	if held, known := s.held(e.ID); known {
		s.noteEnd(w, held.Block, EventRemoved, e.By, e.Reason, e.At)
		return
	}
	if e.Block == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ended, ok := s.ledger.Gone(*e.Block, EventRemoved, e.By, e.Reason, e.At); ok {
		w.add(BlockLog, rowOfBlock(e.Block, EventAdded, e.Block.CreatedAt))
		w.add(BlockLog, rowOfEnded(&ended))
		s.touch()
	}
}

// joined is errors.Join for many that may say the same: it tells the first,
// and how many there are.
func joined(failures []error) error {
	var first error
	n := 0
	for _, err := range failures {
		if err == nil {
			continue
		}
		if n++; first == nil {
			first = err
		}
	}
	if n > 1 {
		return fmt.Errorf("%w (and %d more)", first, n-1)
	}
	return first
}

// liveOf lists the live blocks of a batch.
func (s *Service) liveOf(id string) []block.Block {
	return slices.DeleteFunc(s.options.Blocks.List(), func(b block.Block) bool { return id == "" || b.Batch != id })
}

// rejectBatch ends what of a batch waits for a second person; it wraps
// ErrNotFound when nothing does.
func (s *Service) rejectBatch(ctx context.Context, w *rowWriter, by Caller, id, reason string) error {
	for _, a := range s.Approvals() {
		if id != "" && a.Blocks[0].Batch == id {
			a, done, err := s.beginDeciding(a.ID)
			if err != nil {
				return err
			}
			defer done()
			w.ended(&a, EventRejected, by.by(), reason, s.now())
			return s.decide(ctx, &a, decision{ID: a.ID, At: s.now()})
		}
	}
	return fmt.Errorf("batch %s: %w", id, ErrNotFound)
}

func (s *Service) tombstones(removals []removeEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range removals {
		s.ledger.Remove(r.Key, r.At)
	}
	s.touch()
}

func (s *Service) held(id block.ID) (Held, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Held(id)
}
