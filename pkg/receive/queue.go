package receive

import (
	"sync"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

const (
	queueBytes = 4 << 20 // of messages that wait while others are delivered
	arenaBytes = 64 << 10
)

// queue holds messages between the one who reads them and the one who delivers
// them, all that wait at once.
type queue struct {
	mu    sync.Mutex
	more  sync.Cond
	now   *pile
	ended bool
}

func newQueue() *queue {
	q := &queue{now: &pile{}}
	q.more.L = &q.mu
	return q
}

// add copies a message. It is false when there is no room.
func (q *queue) add(text []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.more.Signal()
	return q.now.add(text)
}

// end lets take end once it has given everything.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.more.Signal()
}

// take waits for messages and takes all that there are.
func (q *queue) take() (p *pile, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.now.records) == 0 && !q.ended {
		q.more.Wait()
	}
	p, q.now = q.now, &pile{}
	return p, len(p.records) > 0
}

// pile is messages that wait.
type pile struct {
	records [][]byte
	arena   []byte
	bytes   int
}

// add copies a message. It is false when there is no room.
func (p *pile) add(text []byte) bool {
	if p.bytes+len(text) > queueBytes || len(p.records) == ingest.MaxRecords {
		return false
	}
	if len(text) == 0 {
		return true
	}
	if cap(p.arena)-len(p.arena) < len(text) {
		p.arena = make([]byte, 0, min(max(arenaBytes, len(text)), 2*p.bytes+2*len(text)))
	}
	begin := len(p.arena)
	p.arena = append(p.arena, text...)
	p.records = append(p.records, p.arena[begin:len(p.arena):len(p.arena)])
	p.bytes += len(text)
	return true
}
