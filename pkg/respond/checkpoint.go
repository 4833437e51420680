package respond

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Load takes up the state of the last checkpoint and gives the sequence after
// which the stream of events is to be read; 0 is from the beginning. Without
// a checkpoint it begins empty. The error wraps ErrState when the checkpoint
// cannot be read. The blocklist must be complete in memory before.
func (s *Service) Load(ctx context.Context) (after uint64, err error) {
	saved, memory := state{Ledger: NewLedger(s.options.Ledger)}, []byte(nil)
	data, err := s.options.Checkpoints.Load(ctx, s.options.Name)
	switch {
	case errors.Is(err, ErrNotFound):
		saved.Version = stateVersion
	case err != nil:
		return 0, fmt.Errorf("load responder: %w", err)
	default:
		if memory, err = saved.read(data); err != nil {
			return 0, fmt.Errorf("load responder: %w", err)
		}
	}
	if saved.Version < firstVersion || saved.Version > stateVersion || saved.Ledger == nil {
		return 0, fmt.Errorf("load responder: %w: version %d, this program reads %d: run the program that wrote it, or a later one",
			ErrState, saved.Version, stateVersion)
	}
	entries, err := s.loadJournal(ctx, saved.Journal)
	if err != nil {
		return 0, fmt.Errorf("load responder: %w", err)
	}
	if s.options.Memory != nil {
		if err := s.options.Memory.Restore(memory); err != nil {
			return 0, fmt.Errorf("load responder: %w", err)
		}
	}
	s.adopt(&saved, entries)
	return saved.Sequence, nil
}

// loadJournal gives the entries that the checkpoint does not hold.
func (s *Service) loadJournal(ctx context.Context, held uint64) ([]journalEntry, error) {
	s.journal.last = held
	data, err := s.options.Checkpoints.Load(ctx, s.journal.name)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := readJournal(data)
	for _, e := range entries {
		s.journal.last = max(s.journal.last, e.Number)
	}
	entries = slices.DeleteFunc(entries, func(e journalEntry) bool { return e.Number != 0 && e.Number <= held })
	s.journal.entries = entries
	s.journal.saved = uint64(len(entries))
	return entries, err
}

func (s *Service) adopt(saved *state, entries []journalEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger, s.sequence, s.audit = saved.Ledger, saved.Sequence, saved.Audit
	s.counts.saved.Store(saved.Sequence)
	for i := range entries {
		s.ledger.replay(&entries[i])
		if e := &entries[i]; e.Touch != nil || e.Found != nil || e.Removal != nil || e.Undo != nil {
			s.pending = append(s.pending, *e)
		}
	}
	for _, b := range s.options.Blocks.List() {
		if _, held := s.ledger.Held(b.ID); !held {
			s.unlogged = append(s.unlogged, b)
		}
		if old := s.ledger.blocks.byKey[b.Key()]; old != nil && old.Block.ID != b.ID && old.Block.ExpiresAt().After(b.CreatedAt) {
			ended, _ := s.ledger.End(old.Block.ID, EventReplaced, b.By, "", b.CreatedAt)
			s.replaced = append(s.replaced, ended)
		}
		s.ledger.Hold(b)
	}
}

var errTorn = errors.New("a batch was not handled to its end")

// capture takes a checkpoint, and where outbox and journal stand. It waits
// until every step that has begun is done, for no longer than StopTimeout, and
// keeps others waiting only until it returns: what is taken is written and
// compressed after that.
func (s *Service) capture(ctx context.Context) (c captured, err error) {
	closing, cancel := context.WithTimeoutCause(ctx, s.options.StopTimeout, errCapture)
	defer cancel()
	if err := s.gate.close(closing); err != nil {
		return c, err
	}
	defer s.gate.open()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn {
		return c, errTorn
	}
	c = captured{changes: s.changes, sequence: s.sequence, outbox: s.outbox.position(), journal: s.journal.position()}
	c.state = frozenState{Version: stateVersion, Sequence: s.sequence, Audit: slices.Clone(s.audit), Journal: s.journal.numbered()}
	if c.state.Ledger, err = s.ledger.freeze(); err == nil && s.options.Memory != nil {
		c.memory, err = s.options.Memory.Freeze()
	}
	return c, err
}

// captured is a checkpoint that was taken, with where all stood then.
type captured struct {
	changes, sequence, outbox, journal uint64

	state  frozenState
	memory func(io.Writer) error // writes that of the detector; nil: it has none
}

// checkpoint saves the state, once all rows that it stands for are durable.
func (s *Service) checkpoint(ctx context.Context) (captured, error) {
	s.saving.Lock()
	defer s.saving.Unlock()
	c, err := s.capture(ctx)
	if err != nil {
		return c, fmt.Errorf("take checkpoint: %w", err)
	}
	data, err := c.encode()
	if err != nil {
		return c, fmt.Errorf("take checkpoint: %w", err)
	}
	c.state, c.memory = frozenState{}, nil
	if err := s.outbox.flush(ctx, c.outbox); err != nil {
		return c, fmt.Errorf("take checkpoint: %w", err)
	}
	if err := s.options.Checkpoints.Save(ctx, s.options.Name, data); err != nil {
		return c, fmt.Errorf("save checkpoint: %w", err)
	}
	s.counts.saved.Store(c.sequence)
	s.counts.checkpoints.Add(1)
	if err := s.journal.trim(ctx, c.journal); err != nil {
		return c, fmt.Errorf("save checkpoint: %w", err)
	}
	return c, nil
}

// checkpointWithin gives up after a while.
func (s *Service) checkpointWithin(ctx context.Context, limit time.Duration) (captured, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errCheckpoint)
	defer cancel()
	return s.checkpoint(ctx)
}

var (
	errCheckpoint = errors.New("a checkpoint took too long: the bus does not keep up, or is away")
	errCapture    = errors.New("what was going on did not come to its end: the bus does not keep up, or is away")
)

// What is written beside the steps may take so many times StopTimeout, and twice
// as long after each failure: it keeps nobody waiting, and state that has become
// large has to be saved all the same.
const (
	savingPerStop = 10
	maxSaving     = 10 * time.Minute
)

// A checkpoint is followed by a pause of so many times what it took, so that
// it costs little of a core and delays less than one block in a hundred: no
// batch is looked at while what is to be written is taken. The pause is no longer than maxRest:
// what comes meanwhile is read again after a crash, and kept on the bus until
// then.
const (
	restPerWork = 200
	maxRest     = time.Minute
)

// checkpointing saves what has changed until ctx ends.
func (s *Service) checkpointing(ctx context.Context) {
	saved, limit := uint64(0), savingPerStop*s.options.StopTimeout
	for wait := s.options.CheckpointEvery; pause(ctx, wait) == nil; {
		s.mu.Lock()
		changed := s.changes != saved
		s.mu.Unlock()
		if !changed {
			continue
		}
		began := time.Now()
		c, err := s.checkpointWithin(ctx, limit)
		switch {
		case err == nil:
			saved = c.changes
			s.counts.unsaved.Store(0)
		case ctx.Err() == nil:
			limit = min(2*limit, max(limit, maxSaving))
			if s.counts.unsaved.Add(1) == 1 {
				s.log.Error("state is not being saved; a restart reads again from the last checkpoint", "error", err)
			}
		}
		wait = max(s.options.CheckpointEvery, min(restPerWork*time.Since(began), maxRest))
	}
}

// reconcile brings the ledger into step with the blocklist: blocks that
// somebody else has made or removed, and those that the guard protects now.
func (s *Service) reconcile(ctx context.Context) error {
	live := s.options.Blocks.List()
	var w rowWriter
	there := make(map[block.ID]bool, len(live))
	for i := range live {
		there[live[i].ID] = true
	}
	s.lift(ctx, &w, live)
	s.mu.Lock()
	for i := range live {
		s.learn(&w, &live[i])
	}
	gone := s.gone(there)
	s.mu.Unlock()
	for _, b := range gone {
		if _, live := s.options.Blocks.Get(b.Segment, b.Target); !live {
			s.noteEnd(&w, b, EventRemoved, "", "removed on the bus", s.now())
		}
	}
	return s.outbox.add(ctx, w.rows)
}

// learn takes a live block that somebody else has made, or changed: perhaps we
// did, and the bus went before it could say so. The caller holds mu.
func (s *Service) learn(w *rowWriter, b *block.Block) {
	held, known := s.ledger.Held(b.ID)
	switch {
	case known && held.Block.Revision >= b.Revision:
		return
	case known:
		s.ledger.Made(*b, held.Actor, held.Wanted)
		w.add(BlockLog, rowOfBlock(b, EventStaged, s.now()))
	case s.ledger.blocks.ended[b.ID] != nil:
		return
	default:
		s.ledger.Hold(*b)
		w.add(BlockLog, rowOfBlock(b, EventAdded, b.CreatedAt))
	}
	s.touch()
}

// gone gives the blocks that are held, whose time is not up, and that the
// blocklist does not have. The caller holds mu.
func (s *Service) gone(there map[block.ID]bool) []block.Block {
	now := s.now()
	var gone []block.Block
	for id, h := range s.ledger.blocks.byID {
		age := now.Sub(h.Block.CreatedAt)
		if !there[id] && now.Before(h.Block.ExpiresAt()) && age > time.Minute {
			gone = append(gone, h.Block)
		}
	}
	return gone
}

// lift removes the blocks that the guard would let nobody make today.
func (s *Service) lift(ctx context.Context, w *rowWriter, live []block.Block) {
	var wrong []block.Block
	var why []*Refusal
	for i := range live {
		if r := s.against(&live[i]); r != nil {
			wrong, why = append(wrong, live[i]), append(why, r)
		}
	}
	if len(wrong) == 0 {
		return
	}
	failures := s.options.Blocks.RemoveAll(ctx, wrong)
	for i, err := range failures {
		if err == nil || errors.Is(err, ErrNotFound) {
			failures[i] = nil
			s.noteEnd(w, wrong[i], EventRemoved, "guard", why[i].Reason, s.now())
		}
	}
	if err := joined(failures); err != nil {
		s.log.Warn("blocks that the guard protects were not removed; it is tried again", "error", err)
	}
}
