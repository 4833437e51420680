package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// stateVersion is the version of the encoding of a checkpoint.
const stateVersion = 3

// state is a checkpoint: everything that a restart needs besides the stream
// of events from the sequence on. It is a line of JSON, after which the
// detector's memory follows, because that may be large.
type state struct {
	Version  int          `json:"version"`
	Sequence uint64       `json:"sequence"`
	Ledger   *Ledger      `json:"ledger"`
	Audit    []AuditEntry `json:"audit,omitempty"`
	// Journal is the number of the last entry of the journal that this holds.
	Journal uint64 `json:"journal,omitempty"`
	// Memory is the detector's in version 1, which had no second part.
	Memory []byte `json:"memory,omitempty"`
}

// firstVersion is the oldest that is read.
const firstVersion = 1

// read gives the detector's memory, which is what follows the line.
func (s *state) read(data []byte) (memory []byte, err error) {
	line, packed, _ := bytes.Cut(data, []byte{'\n'})
	if err = json.Unmarshal(line, s); err == nil && s.Version > firstVersion {
		memory, err = unpack(packed)
	} else {
		memory, s.Memory = s.Memory, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return memory, nil
}

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
// until every step that has begun is done, and keeps others waiting only until
// it returns: what is taken is written and compressed after that.
func (s *Service) capture(ctx context.Context) (c captured, err error) {
	if err := s.gate.close(ctx); err != nil {
		return c, err
	}
	defer s.gate.open()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn {
		return c, errTorn
	}
	c = captured{changes: s.changes, sequence: s.sequence, outbox: s.outbox.position(), journal: s.journal.position()}
	c.line, err = json.Marshal(state{
		Version: stateVersion, Sequence: s.sequence, Ledger: s.ledger, Audit: s.audit, Journal: s.journal.numbered(),
	})
	if err == nil && s.options.Memory != nil {
		c.memory, err = s.options.Memory.Freeze()
	}
	return c, err
}

// encode writes the state that was taken.
func (c *captured) encode() ([]byte, error) {
	out := bytes.NewBuffer(append(c.line, '\n'))
	if c.memory == nil {
		return out.Bytes(), nil
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow))
	if err != nil {
		return nil, err
	}
	err = errors.Join(c.memory(z), z.Close())
	return out.Bytes(), err
}

// The detector's memory is compressed while it is written, because there is
// never room for all of it twice. What is read is no larger than maxMemory.
const (
	packWindow = 512 << 10
	maxMemory  = 1 << 30
)

func unpack(packed []byte) ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxMemory))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(packed, nil)
}

// captured is a checkpoint that was taken, with where all stood then.
type captured struct {
	changes, sequence, outbox, journal uint64

	line   []byte
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
	c.line, c.memory = nil, nil
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

// checkpointWithin gives up after a while, so that a step that waits for the
// bus keeps no others waiting for a checkpoint.
func (s *Service) checkpointWithin(ctx context.Context, limit time.Duration) (captured, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errCheckpoint)
	defer cancel()
	return s.checkpoint(ctx)
}

var errCheckpoint = errors.New("a checkpoint took too long: the bus does not keep up, or is away")

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
	saved, failing := uint64(0), false
	for wait := s.options.CheckpointEvery; pause(ctx, wait) == nil; {
		s.mu.Lock()
		changed := s.changes != saved
		s.mu.Unlock()
		if !changed {
			continue
		}
		began := time.Now()
		c, err := s.checkpointWithin(ctx, s.options.StopTimeout)
		if err == nil {
			saved = c.changes
		}
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Error("state is not being saved; a restart reads again from the last checkpoint", "error", err)
		}
		failing = err != nil
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
