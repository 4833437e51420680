package bus

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	// catchUp is how long a snapshot waits for our memory to have what the
	// bucket has. It can be in vain: what came last may have gone already.
	catchUp = time.Second
	// sharedFor is how old a snapshot may be that is given to another agent:
	// lifetimes may be as much longer there, until their ends are told.
	sharedFor = 500 * time.Millisecond
)

// sendSnapshot answers with the segment's set in several messages; an empty
// one is the end, for the agent and for the server, which keeps the way of
// the answers open until then.
func (b *Bus) sendSnapshot(ctx context.Context, m *nats.Msg) {
	if err := b.blocks.catchUp(ctx); err != nil && ctx.Err() == nil {
		b.log.Warn("a snapshot may lack the last changes; the agent will notice", "subject", m.Subject, "error", err)
	}
	data := b.blocks.snapshot(strings.Split(m.Subject, ".")[2])
	b.metrics.snapshots.Inc()
	for len(data) > 0 {
		n := min(len(data), chunkBytes)
		b.respond(m, data[:n])
		data = data[n:]
	}
	b.respond(m, nil)
}

// catchUp waits until memory has everything that the bucket has now. The agent
// that asks has subscribed by now: so every change is in its snapshot, or comes
// to it as a delta. Without that, one that the server passed on a moment ago,
// and that memory has not heard of yet, would be in neither.
func (l *Blocks) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	s, err := l.bus.js.Stream(ctx, blocksStream)
	if err != nil {
		return fmt.Errorf("ask for the last change: %w", publishError(err))
	}
	return l.board.wait(ctx, s.CachedInfo().State.LastSeq)
}

// written is the last snapshot that was made: many agents ask at once after a
// restart of the service.
type written struct {
	mu      sync.Mutex // held while one is made: it takes a core
	segment string
	set     *block.Set
	at      time.Duration
	data    []byte
}

// snapshot writes a segment's set with the lifetimes that are left now, or a
// moment ago. The result may not be changed.
func (l *Blocks) snapshot(segment string) []byte {
	w := &l.written
	w.mu.Lock()
	defer w.mu.Unlock()
	set, now := l.board.set(segment), l.board.now()
	if w.data == nil || w.segment != segment || w.set != set || now-w.at > sharedFor {
		w.segment, w.set, w.at, w.data = segment, set, now, block.AppendSnapshot(nil, set, now)
	}
	return w.data
}

// forget frees a snapshot that is too old to be shared.
func (w *written) forget(now time.Duration) {
	if w.mu.TryLock() {
		defer w.mu.Unlock()
		if now-w.at > sharedFor {
			w.set, w.data = nil, nil
		}
	}
}
