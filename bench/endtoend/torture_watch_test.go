package endtoend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// What holds blocks up, or does not.
const (
	storeThere int32 = iota
	storeAway
	busFull
)

// watch takes the time from a touch until another gateway refuses its client.
// It is told, not judged: processes are killed meanwhile.
type watch struct {
	follower *stage.Agent
	phase    atomic.Int32
	queue    chan touch
	pending  atomic.Int64
	asked    atomic.Pointer[string] // what was asked for last, and the answer

	mu    sync.Mutex
	delay [busFull + 1][]time.Duration
}

// touch is a line in which a client asks for a decoy.
type touch struct {
	client string
	at     time.Time
	phase  int32
}

func newWatch(follower *stage.Agent) *watch {
	return &watch{follower: follower, queue: make(chan touch, 10_000)}
}

// touched tells that a touch is being written.
func (w *watch) touched(client string) {
	w.pending.Add(1)
	w.queue <- touch{client, time.Now(), w.phase.Load()}
}

// behind is how many clients are not refused, as far as is known.
func (w *watch) behind() int { return int(w.pending.Load()) }

// last is what was asked for last, and the answer.
func (w *watch) last() string {
	if answer := w.asked.Load(); answer != nil {
		return *answer
	}
	return "nobody was asked"
}

// run asks about one client after the other until ctx is over.
func (w *watch) run(ctx context.Context) {
	asker := w.follower.Asker()
	defer asker.Leave()
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-w.queue:
			err := stage.Until(ctx, t.client+" is refused", func(ctx context.Context) error {
				refused, err := asker.Refuses(ctx, t.client)
				if err == nil && !refused {
					err = errors.New("it passes")
				}
				answer := fmt.Sprintf("%s: %v", t.client, err)
				w.asked.Store(&answer)
				return err
			})
			if err != nil {
				return
			}
			w.note(t)
		}
	}
}

func (w *watch) note(t touch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay[t.phase] = append(w.delay[t.phase], time.Since(t.at))
	w.pending.Add(-1)
}

// tell gives the quantiles of a phase.
func (w *watch) tell(phase int32) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.delay[phase])
	if len(all) == 0 {
		return "no touches"
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[(len(all)-1)*percent/100].Round(time.Millisecond) }
	return fmt.Sprintf("%d touches, refused after %s (half), %s (9 of 10), %s (all)", len(all), at(50), at(90), at(100))
}
