package agent

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// maxProvisional bounds the refusals that are in force at once.
const maxProvisional = 1 << 16

// provisional is the refusals that this agent decided by itself and the
// service has not yet confirmed or withdrawn. Readers never wait.
type provisional struct {
	set atomic.Pointer[block.Set]

	mu      sync.Mutex // for all below
	changes uint64
	targets map[block.ID]block.Target
}

func newProvisional() *provisional {
	return &provisional{targets: map[block.ID]block.Target{}}
}

// find tells whether a request is refused.
func (p *provisional) find(r *block.Request, now time.Duration) block.Decision {
	return p.set.Load().Find(r, nil, now)
}

// add refuses a target. A refusal of the same id is not extended. It tells
// whether the target is refused now.
func (p *provisional) add(id block.ID, t block.Target, now time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.targets[id]; known {
		return true
	}
	if len(p.targets) >= maxProvisional {
		return false
	}
	if old, ok := p.set.Load().Get(t); ok {
		delete(p.targets, old.ID)
	}
	p.apply(block.Delta{Target: t, ID: id, Left: decoy.ProvisionalLifetime}, now)
	p.targets[id] = t
	return true
}

// remove takes back the refusal of this id and tells whether there was one.
func (p *provisional) remove(id block.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drop(id)
}

// settle takes back the refusals of targets that the service has decided about.
func (p *provisional) settle(decided func(block.Target) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.targets {
		if decided(t) {
			p.drop(id)
		}
	}
}

// settleOne is settle for one target.
func (p *provisional) settleOne(t block.Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.set.Load().Get(t); ok {
		p.drop(e.ID)
	}
}

// expire forgets the refusals that are over.
func (p *provisional) expire(now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.targets {
		if e, ok := p.set.Load().Get(t); !ok || e.Deadline <= now {
			p.drop(id)
		}
	}
}

func (p *provisional) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.targets)
}

func (p *provisional) drop(id block.ID) bool {
	t, ok := p.targets[id]
	if !ok {
		return false
	}
	delete(p.targets, id)
	p.apply(block.Delta{Target: t, Removed: true}, 0)
	return true
}

func (p *provisional) apply(d block.Delta, now time.Duration) {
	p.changes++
	d.Revision = p.changes
	p.set.Store(p.set.Load().Apply(d, now))
}
