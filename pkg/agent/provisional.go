package agent

import (
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// maxProvisional bounds the refusals that are in force at once.
const maxProvisional = 1 << 16

// provisional is the refusals that this agent decided by itself and the
// service has not yet confirmed or withdrawn. Readers never wait.
type provisional struct {
	replica *block.Replica // of one segment, ""; changed under mu
	feed    *feed          // is told of changes

	mu      sync.Mutex // for all below
	changes uint64
	targets map[block.ID][]block.Target // an address and a principal are refused under one id
	count   int                         // of all targets
}

func newProvisional(f *feed) *provisional {
	return &provisional{replica: block.NewReplica(), feed: f, targets: map[block.ID][]block.Target{}}
}

// find tells whether a request is refused.
func (p *provisional) find(r *block.Request, now time.Duration) block.Decision {
	return p.replica.Decide(r, now)
}

// set is what is refused now.
func (p *provisional) set() *block.Set { return p.replica.Sets()[""] }

// use replaces the keys under which principals are hashed.
func (p *provisional) use(keys []block.MatchKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replica.SetKeys("", keys)
}

// add refuses a target. A refusal of the same id is not extended. It tells
// whether the target is refused now.
func (p *provisional) add(id block.ID, t block.Target, now time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.targets[id], t) {
		return true
	}
	if p.count >= maxProvisional {
		return false
	}
	if old, ok := p.set().Get(t); ok {
		p.unlist(old.ID, t)
	}
	p.apply(block.Delta{Target: t, ID: id, Left: decoy.ProvisionalLifetime}, now)
	p.targets[id] = append(p.targets[id], t)
	p.count++
	return true
}

// remove takes back the refusals of this id and tells whether there was one.
func (p *provisional) remove(id block.ID, now time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	targets := slices.Clone(p.targets[id])
	for _, t := range targets {
		p.drop(id, t, now)
	}
	return len(targets) > 0
}

// settle takes back the refusals of targets that the service has decided about.
func (p *provisional) settle(decided func(block.Target) bool, now time.Duration) {
	p.dropWhere(func(t block.Target, _ *block.Entry) bool { return decided(t) }, now)
}

// settleOne is settle for one target.
func (p *provisional) settleOne(t block.Target, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.set().Get(t); ok {
		p.drop(e.ID, t, now)
	}
}

// expire forgets the refusals that are over.
func (p *provisional) expire(now time.Duration) {
	p.dropWhere(func(_ block.Target, e *block.Entry) bool { return e.Deadline <= now }, now)
}

func (p *provisional) dropWhere(gone func(block.Target, *block.Entry) bool, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, e := range p.set().Entries() {
		if gone(t, e) {
			p.drop(e.ID, t, now)
		}
	}
}

func (p *provisional) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *provisional) drop(id block.ID, t block.Target, now time.Duration) {
	p.unlist(id, t)
	p.apply(block.Delta{Target: t, Removed: true}, now)
}

func (p *provisional) unlist(id block.ID, t block.Target) {
	left := slices.DeleteFunc(p.targets[id], func(other block.Target) bool { return other == t })
	p.count -= len(p.targets[id]) - len(left)
	if len(left) == 0 {
		delete(p.targets, id)
		return
	}
	p.targets[id] = left
}

func (p *provisional) apply(d block.Delta, now time.Duration) {
	p.changes++
	d.Revision = p.changes
	p.replica.Apply("", d, now)
	p.feed.push("", now, d)
}
