package agent

import (
	"sync"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// locator knows whether anything that is held asks for a country or a network:
// else no address has to be looked up. When in doubt it says so, until upkeep
// has looked.
type locator struct {
	asked atomic.Bool

	mu      sync.Mutex // for all below
	doubted bool
	changes uint64
}

func (l *locator) needed() bool { return l.asked.Load() }

// noticed takes note of a target that came into force.
func (l *locator) noticed(t block.Target) {
	if asksForPlace(t) {
		l.change(false)
	}
}

// doubt takes note that much has changed.
func (l *locator) doubt() { l.change(true) }

func (l *locator) change(doubted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	l.doubted = l.doubted || doubted
	l.asked.Store(true)
}

func (l *locator) doubtful() (changes uint64, doubted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changes, l.doubted
}

// settle takes what a look has found, unless something changed meanwhile.
func (l *locator) settle(changes uint64, asked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes == changes {
		l.doubted = false
		l.asked.Store(asked)
	}
}

// locateAnew looks at everything that the agent goes by, if there is a doubt.
func (a *Agent) locateAnew() {
	changes, doubted := a.locate.doubtful()
	p := a.policy.Load()
	if !doubted || p.Places == nil {
		return
	}
	asked := anyAsks(p.Allow.blocks())
	for _, set := range a.replica.Sets() {
		asked = asked || anyAsks(set)
	}
	a.locate.settle(changes, asked)
}

func anyAsks(set *block.Set) bool {
	for t := range set.Entries() {
		if asksForPlace(t) {
			return true
		}
	}
	return false
}

func asksForPlace(t block.Target) bool {
	if t.Plain() {
		return false
	}
	for _, c := range t.Criteria() {
		if c.Scope == block.ScopeCountry || c.Scope == block.ScopeNetwork {
			return true
		}
	}
	return false
}
