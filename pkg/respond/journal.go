package respond

import (
	"context"
	"encoding/json"
	"fmt"
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
	j.saved = upto
	return nil
}

// position is behind all entries.
func (j *journal) position() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.base + uint64(len(j.entries))
}

// trim drops the entries before a position: a checkpoint holds them. What is
// written still has them until the next entry, which does no harm.
func (j *journal) trim(position uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := position - j.base; position > j.base {
		j.entries = append([]journalEntry(nil), j.entries[n:]...)
		j.base = position
	}
}

func readJournal(data []byte) ([]journalEntry, error) {
	var entries []journalEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("read journal: %w: %w", ErrState, err)
	}
	return entries, nil
}
