package respond

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// journal keeps what did not come from the stream of events (touches that
// agents report, what is found without a batch, and what people say) from the moment when it is answered
// until a checkpoint holds it. It is small, so it is written at once; those
// who come while it is being written share the next writing.
type journal struct {
	checkpoints Checkpoints
	name        string

	mu      sync.Mutex
	base    uint64 // entries that a checkpoint holds
	entries []journalEntry
	last    uint64 // number of the last entry ever

	saving sync.Mutex
	saved  uint64 // entries that are written, by number
	stale  bool   // what is written has entries that a checkpoint holds
}

// journalEntry holds one of its fields besides its number. Those that a
// checkpoint holds are known by their numbers, and not taken again.
type journalEntry struct {
	Number    uint64          `json:"n,omitempty"` // grows over restarts; 0 = written by a version that had none
	Touch     *touchEntry     `json:"touch,omitempty"`
	Found     *foundEntry     `json:"found,omitempty"`
	Removal   *removeEntry    `json:"removal,omitempty"`
	Discard   *Discard        `json:"discard,omitempty"`
	Undiscard string          `json:"undiscard,omitempty"`
	Keep      *evidence.Vote  `json:"keep,omitempty"`
	Unkeep    string          `json:"unkeep,omitempty"`
	Approval  *Approval       `json:"approval,omitempty"`
	Decision  *decision       `json:"decision,omitempty"`
	Batch     *batch          `json:"batch,omitempty"`
	Undo      *undoEntry      `json:"undo,omitempty"`
	Trip      *tripped        `json:"trip,omitempty"`   // blocking is held
	Resume    *time.Time      `json:"resume,omitempty"` // and goes on
	Command   *commandEntry   `json:"command,omitempty"`
	Complaint *complaintEntry `json:"complaint,omitempty"`
}

// commandEntry is what a person says of a rollout.
type commandEntry struct {
	Rule    string    `json:"rule"`
	Version string    `json:"version"`
	Verb    string    `json:"verb"`
	Who     string    `json:"who"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// complaintEntry is a complaint about a rule's block.
type complaintEntry struct {
	Block   block.ID  `json:"block,omitzero"` // 0: a version that did not note it
	Rule    string    `json:"rule"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

type touchEntry struct {
	Agent   string          `json:"agent"`
	Finding finding.Finding `json:"finding"` // confirmed
}

type removeEntry struct {
	ID     block.ID  `json:"id"`
	Key    string    `json:"key"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	// Block is what goes: no checkpoint may have it yet, and who was told that
	// it had come has to hear of its end. Nil: a version that did not note it.
	Block *block.Block `json:"block,omitempty"`
}

// removalOf is what is noted of a block before it is removed.
func removalOf(b block.Block, by Caller, reason string, at time.Time) removeEntry {
	return removeEntry{ID: b.ID, Key: b.Key(), At: at, By: by.by(), Reason: reason, Block: &b}
}

// replay does to a ledger what an entry tells of.
func (l *Ledger) replay(e *journalEntry) {
	switch {
	case e.Removal != nil:
		l.Remove(e.Removal.Key, e.Removal.At)
	case e.Undo != nil:
		for _, r := range e.Undo.Blocks {
			l.Remove(r.Key, r.At)
		}
	case e.Undiscard != "":
		l.Undiscard(e.Undiscard)
	case e.Discard != nil:
		l.Discard(*e.Discard)
	case e.Keep != nil:
		l.feedback.Add(*e.Keep)
	case e.Unkeep != "":
		l.feedback.Remove(e.Unkeep)
	case e.Approval != nil:
		l.keepWaiting(e.Approval.ID, e.Approval)
	case e.Decision != nil:
		l.decide(*e.Decision)
	case e.Batch != nil:
		l.batches[e.Batch.ID] = *e.Batch
	case e.Trip != nil:
		l.breaker.trip = e.Trip
	case e.Resume != nil:
		l.breaker.resume(*e.Resume)
	case e.Command != nil:
		// What was allowed then is: the book is as it was, or has gone on alike.
		_ = l.command(*e.Command)
	case e.Complaint != nil:
		l.complaint(*e.Complaint)
	}
}

// add returns when the entry is durable.
func (j *journal) add(ctx context.Context, e journalEntry) error {
	j.mu.Lock()
	j.last++
	e.Number = j.last
	j.entries = append(j.entries, e)
	number := j.base + uint64(len(j.entries))
	j.mu.Unlock()
	return j.save(ctx, number)
}

func (j *journal) save(ctx context.Context, number uint64) error {
	j.saving.Lock()
	defer j.saving.Unlock()
	if j.saved >= number {
		return nil
	}
	return j.write(ctx)
}

// write saves all entries. The caller holds saving.
func (j *journal) write(ctx context.Context) error {
	j.mu.Lock()
	data, err := json.Marshal(j.entries)
	upto := j.base + uint64(len(j.entries))
	j.mu.Unlock()
	if err == nil {
		err = j.checkpoints.Save(ctx, j.name, data)
	}
	if err != nil {
		return fmt.Errorf("save journal: %w", err)
	}
	j.saved, j.stale = upto, false
	return nil
}

// position is behind all entries.
func (j *journal) position() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.base + uint64(len(j.entries))
}

// numbered is the number of the last entry.
func (j *journal) numbered() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// trim drops the entries before a position, which a checkpoint holds, from
// what is written too: days later they would be news again.
func (j *journal) trim(ctx context.Context, position uint64) error {
	j.saving.Lock()
	defer j.saving.Unlock()
	j.mu.Lock()
	stale := position > j.base
	if stale {
		j.entries = slices.Clone(j.entries[position-j.base:])
		j.base = position
	}
	j.mu.Unlock()
	j.stale = j.stale || stale
	if !j.stale {
		return nil
	}
	return j.write(ctx)
}

func readJournal(data []byte) ([]journalEntry, error) {
	var entries []journalEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("read journal: %w: %w", ErrState, err)
	}
	return entries, nil
}
