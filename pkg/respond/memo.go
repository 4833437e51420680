package respond

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// memo is what is remembered of a finding by its id.
type memo struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`                // when it came in first, by our clock
	Settled   bool      `json:"settled,omitempty"` // everything that follows from it has been done
	Block     block.ID  `json:"block,omitzero"`
	Discarded bool      `json:"discarded,omitempty"`
	// About is the principal whom it counts against, where its actor is an
	// address that many share.
	About finding.Actor `json:"about,omitzero"`
}

// memos are the findings of late, so that another sighting, or a repeated
// delivery, is known as one. The oldest go first.
type memos struct {
	max   int
	byID  map[string]*memo
	queue []*memo // in order of arrival
}

func newMemos(max int) memos { return memos{max: max, byID: map[string]*memo{}} }

// of gives the memo of a finding, and whether it is a new one.
func (m *memos) of(id string, now time.Time) (*memo, bool) {
	if found := m.byID[id]; found != nil {
		return found, false
	}
	made := &memo{ID: id, At: now}
	m.put(made)
	return made, true
}

func (m *memos) put(made *memo) {
	m.byID[made.ID] = made
	m.queue = append(m.queue, made)
	if len(m.queue) > m.max {
		m.drop(len(m.queue) - m.max)
	}
}

func (m *memos) sweep(before time.Time) {
	n := 0
	for n < len(m.queue) && m.queue[n].At.Before(before) {
		n++
	}
	m.drop(n)
}

func (m *memos) drop(n int) {
	for i, old := range m.queue[:n] {
		delete(m.byID, old.ID)
		m.queue[i] = nil
	}
	m.queue = m.queue[n:]
}
