package agent

import (
	"sync"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// locator knows whether anything that is held asks for a country or a network:
// else no address has to be looked up.
type locator struct {
	asked atomic.Bool
	mu    sync.Mutex // of whoever changes it
}

func (l *locator) needed() bool { return l.asked.Load() }

// noticed takes note of a target that came into force.
func (l *locator) noticed(t block.Target) {
	if l.asked.Load() || !asksForPlace(t) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked.Store(true)
}

// recount looks at everything that an agent goes by.
func (l *locator) recount(a *Agent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked.Store(a.asksForPlace())
}

func (a *Agent) asksForPlace() bool {
	p := a.policy.Load()
	sets := []*block.Set{p.Allow.blocks()}
	for _, set := range a.replica.Sets() {
		sets = append(sets, set)
	}
	for _, set := range sets {
		for t := range set.Entries() {
			if asksForPlace(t) {
				return true
			}
		}
	}
	return false
}

func asksForPlace(t block.Target) bool {
	if t.Plain() {
		return false
	}
	_, country := t.Value(block.ScopeCountry)
	_, network := t.Value(block.ScopeNetwork)
	return country || network
}
