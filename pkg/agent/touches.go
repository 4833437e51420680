package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// maxTouches bounds the touches that wait for the service. Over it the oldest
// is given up: it is the one most likely to be known through the logs by now.
const maxTouches = 4096

// touchQueue holds the touches that the service does not have yet, over
// restarts too. It is safe for concurrent use.
type touchQueue struct {
	path string
	wake chan struct{}

	mu      sync.Mutex // for all below
	waiting []finding.Finding
	changes uint64
	saved   uint64
}

func newTouchQueue(path string) *touchQueue {
	return &touchQueue{path: path, wake: make(chan struct{}, 1)}
}

// load takes what an earlier run left. What cannot be read is given up.
func (q *touchQueue) load() error {
	data, err := os.ReadFile(q.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read waiting touches: %w", err)
	}
	var waiting []finding.Finding
	if err := json.Unmarshal(data, &waiting); err != nil {
		return fmt.Errorf("read waiting touches of %s: %w", q.path, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = waiting
	notify(q.wake)
	return nil
}

// push adds a touch, unless it is waiting already. It tells whether another
// one had to be given up for it.
func (q *touchQueue) push(f finding.Finding) (dropped bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.index(f.ID) >= 0 {
		return false
	}
	if dropped = len(q.waiting) >= maxTouches; dropped {
		q.waiting = slices.Delete(q.waiting, 0, 1)
	}
	q.waiting = append(q.waiting, f)
	q.changes++
	notify(q.wake)
	return dropped
}

// first gives the touch to send next.
func (q *touchQueue) first() (finding.Finding, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return finding.Finding{}, false
	}
	return q.waiting[0], true
}

// done forgets a touch that the service has.
func (q *touchQueue) done(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := q.index(id); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
		q.changes++
	}
}

// later puts a touch at the end: one that the service does not want must not
// hold up the others.
func (q *touchQueue) later(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := q.index(id); i >= 0 {
		f := q.waiting[i]
		q.waiting = append(slices.Delete(q.waiting, i, i+1), f)
	}
}

func (q *touchQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// save writes the queue to disk if it changed since it was last written.
func (q *touchQueue) save() error {
	data, changes, err := q.encode()
	if data == nil || err != nil {
		return err
	}
	if err := replaceFile(q.path, data); err != nil {
		return fmt.Errorf("save waiting touches: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.saved = changes
	return nil
}

func (q *touchQueue) encode() ([]byte, uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.changes == q.saved {
		return nil, 0, nil
	}
	data, err := json.Marshal(q.waiting)
	if err != nil {
		return nil, 0, fmt.Errorf("encode waiting touches: %w", err)
	}
	return data, q.changes, nil
}

func (q *touchQueue) index(id string) int {
	return slices.IndexFunc(q.waiting, func(f finding.Finding) bool { return f.ID == id })
}
