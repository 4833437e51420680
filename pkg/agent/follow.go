package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// refusedRetry is how often an agent whose credential was refused asks again:
// it goes on enforcing meanwhile, and may be enrolled anew.
const refusedRetry = time.Minute

var errLinkEnded = errors.New("the link ended")

var (
	_ block.Follower     = (*Agent)(nil)
	_ block.RetryHearer  = (*Agent)(nil)
	_ block.SparedHearer = (*Agent)(nil)
)

func (a *Agent) follow(ctx context.Context) {
	for {
		err := a.link.Follow(ctx, a)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errLinkEnded
		}
		a.Lost(err)
		a.log.Error("the service does not take this agent; what is held stays in force",
			"error", err, "retry", refusedRetry, "hint", "see `honeymoat agents list`, enrol again with `honeymoat-agent enroll` and restart the agent")
		if !pause(ctx, refusedRetry) {
			return
		}
	}
}

// Linked implements block.Follower.
func (a *Agent) Linked(segments []string) {
	a.forget(segments)
	a.log.Info("linked with the service", "segments", segments)
	a.equal = map[string]bool{}
	for _, name := range segments {
		a.equal[name] = false
	}
	a.inSync.Store(false)
	a.linked.Store(true)
	notify(a.changed)
	notify(a.dirty)
	notify(a.touches.wake)
}

// forget drops what is of no segment that this agent gets.
func (a *Agent) forget(segments []string) {
	before := len(a.replica.Sets())
	a.replica.Forget(func(name string) bool { return name == block.All || slices.Contains(segments, name) })
	if len(a.replica.Sets()) != before {
		a.feed.reset()
	}
}

// Lost implements block.Follower.
func (a *Agent) Lost(reason error) {
	if a.linked.Swap(false) {
		a.count.lost.Add(1)
		a.log.Warn("the service is away; what is held stays in force and ends on time", "reason", reason)
	}
}

// Keys implements block.Follower.
func (a *Agent) Keys(segment string, keys []block.MatchKey) {
	a.useKeys(segment, keys)
	notify(a.dirty)
}

func (a *Agent) useKeys(segment string, keys []block.MatchKey) {
	a.replica.SetKeys(segment, keys)
	if segment == block.All {
		a.provisional.use(keys)
	}
}

// Expect implements block.Follower.
func (a *Agent) Expect(segment string) { a.replica.Expect(segment) }

// Load implements block.Follower.
func (a *Agent) Load(segment string, snapshot []byte) error {
	now := a.clock.Now()
	set, err := block.ReadSnapshot(snapshot, now, 0)
	if err != nil {
		a.count.badSnapshots.Add(1)
		return fmt.Errorf("load snapshot of segment %s: %w", segment, err)
	}
	old := a.replica.Sets()[segment]
	a.replica.Load(segment, set, now)
	a.count.snapshots.Add(1)
	a.replaced(segment, old, a.replica.Sets()[segment], now)
	a.locate.doubt()
	a.provisional.settle(a.decided, now)
	a.shown(segment, true)
	a.moved()
	return nil
}

// Apply implements block.Follower.
func (a *Agent) Apply(segment string, d block.Delta) {
	a.count.deltas.Add(1)
	now := a.clock.Now()
	if !a.replica.Apply(segment, d, now) {
		return
	}
	a.locate.noticed(d.Target)
	a.feed.push(segment, now, d)
	if a.decided(d.Target) {
		a.provisional.settleOne(d.Target, now)
	}
	a.moved()
}

// decided tells whether the service enforces a block on just this target. Then
// this agent's own refusal of it is over: it would outlive a block that is
// short, or that somebody removes.
func (a *Agent) decided(t block.Target) bool {
	now := a.clock.Now()
	for _, set := range a.replica.Sets() {
		if e, ok := set.Get(t); ok && e.Mode == block.Enforce && e.Deadline > now {
			return true
		}
	}
	return false
}

// Heartbeat implements block.Follower.
func (a *Agent) Heartbeat(segment string, original block.Version) (stale bool) {
	stale = a.replica.Heartbeat(segment, original)
	switch {
	case stale:
		a.count.gaps.Add(1)
		a.shown(segment, false)
	case a.replica.Sets()[segment].Version() == original:
		a.shown(segment, true)
	}
	return stale
}

// shown notes whether a segment's set is the service's. A heartbeat that may
// only have overtaken a change shows neither.
func (a *Agent) shown(segment string, equal bool) {
	a.equal[segment] = equal
	for _, ok := range a.equal {
		equal = equal && ok
	}
	a.inSync.Store(equal)
	if equal && len(a.equal) > 0 {
		a.ready.Store(true)
	}
}

// Withdraw implements block.Follower.
func (a *Agent) Withdraw(id block.ID) {
	if a.provisional.remove(id, a.clock.Now()) {
		a.log.Info("the service withdrew a refusal of this agent", "id", id)
	}
}

// RetriesAsked implements block.RetryHearer.
func (a *Agent) RetriesAsked(last uint64) {
	if a.retries != nil {
		a.retries(last)
	}
}

// MatchKeys gives the keys under which each segment's users, keys, tokens and
// sessions are hashed. The map may not be changed.
func (a *Agent) MatchKeys() map[string][]block.MatchKey { return a.replica.MatchKeys() }

// Versions tells which version of each segment is in force.
func (a *Agent) Versions() map[string]block.Version { return a.replica.Versions() }

func (a *Agent) moved() {
	notify(a.changed)
	notify(a.dirty)
}
