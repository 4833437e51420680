package agent

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// maxFed bounds the changes that are kept for readers. Who is further behind
// reads everything anew.
const maxFed = 1 << 16

// feed keeps the last changes for gateways that hold blocks themselves. While
// nobody has asked, nothing is kept. It is safe for concurrent use.
type feed struct {
	mu      sync.Mutex // for all below
	on      bool
	ring    []fed       // the change of place p is at (p - origin) % maxFed
	origin  block.Place // of the first change since the ring was empty
	oldest  block.Place // the first place from which all changes are there
	next    block.Place // of the next change; places begin with 1
	waiting map[chan struct{}]struct{}
}

// fed is a change with the end of its block on the agent's clock.
type fed struct {
	change   block.Change
	deadline time.Duration
}

func newFeed() *feed {
	return &feed{origin: 1, oldest: 1, next: 1, waiting: map[chan struct{}]struct{}{}}
}

// push adds changes that are in force, for readers to see together.
func (f *feed) push(segment string, now time.Duration, changes ...block.Delta) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on {
		return
	}
	for _, d := range changes {
		f.add(fed{block.Change{Segment: segment, Delta: d}, now + d.Left})
	}
	f.wake()
}

func (f *feed) add(c fed) {
	if len(f.ring) < maxFed {
		f.ring = append(f.ring, c)
	} else {
		f.ring[int(f.next-f.origin)%maxFed] = c
	}
	f.next++
	if kept := block.Place(len(f.ring)); f.next-f.oldest > kept {
		f.oldest = f.next - kept
	}
}

// reset has every reader read everything anew.
func (f *feed) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on {
		return
	}
	f.next++
	f.origin, f.oldest = f.next, f.next
	f.ring = f.ring[:0]
	f.wake()
}

func (f *feed) wake() {
	for c := range f.waiting {
		delete(f.waiting, c)
		close(c)
	}
}

// read gives what is there after a place, or what to wait for.
func (f *feed) read(after block.Place, now time.Duration) (changes []block.Change, at block.Place, reset bool, wait chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = true
	switch {
	case after < f.oldest || after > f.next:
		return nil, f.next, true, nil
	case after == f.next:
		wait = make(chan struct{})
		f.waiting[wait] = struct{}{}
		return nil, after, false, wait
	}
	changes = make([]block.Change, 0, f.next-after)
	for ; after < f.next; after++ {
		c := f.ring[int(after-f.origin)%maxFed]
		c.change.Delta.Left = max(0, c.deadline-now)
		changes = append(changes, c.change)
	}
	return changes, f.next, false, nil
}

func (f *feed) forget(wait chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, wait)
}

// readers is how many wait for a change.
func (f *feed) readers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting)
}

func (f *feed) active() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on
}

// Next implements mirror.Source.
func (a *Agent) Next(ctx context.Context, after block.Place) (changes []block.Change, at block.Place, reset bool, err error) {
	for {
		changes, at, reset, wait := a.feed.read(after, a.clock.Now())
		if wait == nil {
			return changes, at, reset, nil
		}
		select {
		case <-ctx.Done():
			a.feed.forget(wait)
			return nil, after, false, ctx.Err()
		case <-wait:
		}
	}
}

// Held implements mirror.Source. What this agent refuses or allows by itself is
// of segment "".
func (a *Agent) Held() iter.Seq[block.Held] {
	return func(yield func(block.Held) bool) {
		now := a.clock.Now()
		for segment, set := range a.replica.Sets() {
			if !held(segment, set, now, yield) {
				return
			}
		}
		_ = held("", a.policy.Load().Allow.blocks(), now, yield) && held("", a.provisional.set(), now, yield)
	}
}

func held(segment string, set *block.Set, now time.Duration, yield func(block.Held) bool) bool {
	for t, e := range set.Entries() {
		if left := e.Deadline - now; left > 0 && !yield(block.Held{Segment: segment, Target: t, Entry: e, Left: left}) {
			return false
		}
	}
	return true
}

// replaced tells readers what differs between two sets of a segment, or to
// read everything anew where that is most of it.
func (a *Agent) replaced(segment string, old, set *block.Set, now time.Duration) {
	if !a.feed.active() || old.Version() == set.Version() {
		return
	}
	changes, ok := difference(old, set, now)
	if !ok {
		a.feed.reset()
		return
	}
	// The last one stands for what came and went meanwhile.
	a.feed.push(segment, now, append(changes, block.Delta{Revision: set.Version().Revision})...)
}

// difference is what leads from one set to another; ok is false when it is
// more than readers are kept for.
func difference(old, set *block.Set, now time.Duration) (changes []block.Delta, ok bool) {
	revision := set.Version().Revision
	for t := range old.Entries() {
		if _, there := set.Get(t); !there {
			changes = append(changes, block.Delta{Revision: revision, Target: t, Removed: true})
		}
		if len(changes) > maxFed/2 {
			return nil, false
		}
	}
	for t, e := range set.Entries() {
		if was, there := old.Get(t); !there || was.Revision != e.Revision || was.ID != e.ID {
			changes = append(changes, deltaOf(t, e, now))
		}
		if len(changes) > maxFed/2 {
			return nil, false
		}
	}
	return changes, true
}

func deltaOf(t block.Target, e *block.Entry, now time.Duration) block.Delta {
	return block.Delta{
		Revision: e.Revision, Target: t, ID: e.ID, Left: e.Deadline - now,
		Action: e.Action, Mode: e.Mode, Percent: e.Percent, Terms: e.Terms,
	}
}
