package respond

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// journal keeps what did not come from the stream of events (touches that
// agents report, and what people say) from the moment when it is answered
// until a checkpoint holds it. It is small, so it is written at once; those
// who come while it is being written share the next writing.
type journal struct {
	checkpoints Checkpoints
	name        string

	mu      sync.Mutex
	base    uint64 // entries that a checkpoint holds
	entries []journalEntry

	saving sync.Mutex
	saved  uint64 // entries that are written, by number
	stale  bool   // what is written has entries that a checkpoint holds
}

// journalEntry holds one of its fields. Taking one again changes nothing.
type journalEntry struct {
	Touch     *touchEntry  `json:"touch,omitempty"`
	Removal   *removeEntry `json:"removal,omitempty"`
	Discard   *Discard     `json:"discard,omitempty"`
	Undiscard string       `json:"undiscard,omitempty"`
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
}

// add returns when the entry is durable.
func (j *journal) add(ctx context.Context, e journalEntry) error {
	j.mu.Lock()
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
